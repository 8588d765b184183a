%% The other side of the specs: gen_servers, and processes of the shape that Gleam compiles its actors to.
-module(spec_peer).
-behaviour(gen_server).
-export([start/0, init/1, handle_call/3, handle_cast/2, gleam_named/1, gleam_loop/2, distributed_loop/2, any_tag/0]).

start() ->
    {ok, _} = gen_server:start({local, echo}, ?MODULE, [], []),
    {ok, _} = gen_server:start({local, fragile}, ?MODULE, [], []),
    register(adder, spawn(?MODULE, gleam_named, [adder])),
    Tag = make_ref(),
    Unnamed = spawn(?MODULE, gleam_loop, [Tag, 0]),
    persistent_term:put(unnamed, {subject, Unnamed, Tag}),
    Counter = spawn(?MODULE, distributed_loop, [<<"counter">>, 0]),
    yes = global:register_name(<<"counter">>, Counter),
    ok.

init([]) -> {ok, []}.

handle_call({echo, Term}, _From, State) -> {reply, Term, State};
handle_call({word_count, Text}, _From, State) -> {reply, length(string:lexemes(Text, " \t\n")), State};
%% Whether a term came as it was sent before, and its bytes are read as the same.
handle_call({same, Term, Binary}, _From, State) -> {reply, binary_to_term(Binary) =:= Term, State};
%% Whether the node can read some bytes, and whether two are bytes of the same term.
handle_call({reads, Binary}, _From, State) -> {reply, try element(2, binary_to_term(Binary, [used])) =:= byte_size(Binary) catch _:_ -> false end, State};
handle_call({same_terms, A, B}, _From, State) -> {reply, binary_to_term(A) =:= binary_to_term(B), State};
handle_call({bytes, N}, _From, State) -> {reply, binary:copy(<<"x">>, N), State};
handle_call({binary_of, Term}, _From, State) -> {reply, term_to_binary(Term), State};
handle_call({term_of, Binary}, _From, State) -> {reply, binary_to_term(Binary), State};
handle_call({sleep, Ms, Term}, From, State) ->
    spawn(fun() -> timer:sleep(Ms), gen_server:reply(From, Term) end),
    {noreply, State};
handle_call({later, Term}, From, State) -> {noreply, [{From, Term} | State]};
handle_call(answer, _From, State) ->
    [gen_server:reply(From, Term) || {From, Term} <- State],
    {reply, length(State), []};
handle_call({print, Text}, _From, State) -> io:format("~s", [Text]), {reply, ok, State};
handle_call({stop, Reason}, _From, State) -> {stop, Reason, State};
handle_call({fail_if, N, N}, _From, _State) -> error({refused, N});
handle_call({fail_if, N, _}, _From, State) -> {reply, N, State};
handle_call({cookies, _}, _From, State) -> {reply, erlang:get_cookie(), State};
handle_call(pid, _From, State) -> {reply, self(), State};
handle_call(any_tag, _From, State) -> put(any_tag, any_tag()), {reply, get(any_tag), State};
%% The numbers of those that are not the same as they were sent, or whose bytes differ.
handle_call({same_as_any_tag, Terms}, _From, State) ->
    Sent = get(any_tag),
    Pairs = lists:zip3(lists:seq(1, length(Sent)), Sent, Terms),
    {reply, [N || {N, A, B} <- Pairs, A =/= B orelse term_to_binary(A) =/= term_to_binary(B)], State};
handle_call(atom_count, _From, State) -> {reply, erlang:system_info(atom_count), State};
handle_call(nodes, _From, State) -> {reply, length(nodes(connected)), State};
handle_call(monitors, _From, State) ->
    {monitored_by, By} = process_info(self(), monitored_by),
    {reply, length(By), State};
handle_call(unnamed, _From, State) -> {reply, persistent_term:get(unnamed), State};
handle_call(client, {Pid, _}, State) -> {reply, node(Pid), State};
handle_call(link_client, {Pid, _}, State) -> link(Pid), unlink(Pid), {reply, linked, State};
handle_call(monitor_client, {Pid, _}, State) ->
    Ref = monitor(process, {nothing_here, node(Pid)}),
    Answer = receive {'DOWN', Ref, process, _, Reason} -> Reason after 5000 -> timeout end,
    {reply, Answer, State}.

handle_cast({add, N}, State) -> {noreply, [N | State]};
handle_cast(_, State) -> {noreply, State}.

any_tag() ->
    Port = hd(erlang:ports()),
    [1, 300, -1, 1 bsl 40, -(1 bsl 40), 1 bsl 70, 1 bsl 3000, 1.5, 1.0, -0.0, 1.0e300, ok, true, 'two words', list_to_atom([382]),
     <<>>, <<"binary">>, <<1:3>>, <<255, 1:1>>, {}, {1}, list_to_tuple(lists:seq(1, 300)), [], [1, 2], [a, b], [a | b], "text",
     lists:seq(1, 70000), #{}, #{a => 1, 1 => a, 1.0 => b, {x} => y, <<"k">> => #{}}, self(), Port, make_ref(),
     fun() -> Port end, fun(X) -> X + 1 end, fun lists:map/2].

%% As gleam_erlang 1.3 compiles: a message to a named subject is {Name, Msg}; a reply is {Tag, Value} to the pid.
gleam_named(Name) ->
    receive {Name, Msg} -> gleam_named(Name, gleam_handle(Msg, 0)) end.
gleam_named(Name, Total) ->
    receive {Name, Msg} -> gleam_named(Name, gleam_handle(Msg, Total)) end.
gleam_loop(Tag, Total) ->
    receive {Tag, Msg} -> gleam_loop(Tag, gleam_handle(Msg, Total)) end.

gleam_handle(Msg, Total) ->
    case Msg of
        {add, N, Reply} when is_integer(N) -> gleam_reply(Reply, Total + N), Total + N;
        {put, N} when is_integer(N) -> N;
        reset -> 0;
        {get, Reply} -> gleam_reply(Reply, Total), Total
    end.

gleam_reply({subject, Pid, Tag}, Value) -> Pid ! {Tag, Value}.

%% As distribute 4: the payload is a binary, with the subject to reply to as a field of a length and a term.
distributed_loop(Name, Total) ->
    receive
        {Name, <<N:32, Length:32, Subject:Length/binary>>} ->
            {subject, Pid, Ref} = binary_to_term(Subject),
            Pid ! {Ref, <<(Total + N):32>>},
            distributed_loop(Name, Total + N)
    end.
