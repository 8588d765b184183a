%% The other side of the rows of Erlang: ten gen_servers that echo; and Erlang as a client of them.
-module(bench_node).
-behaviour(gen_server).
-export([serve/0, init/1, handle_call/3, handle_cast/2, run/4]).

serve() ->
    [{ok, _} = gen_server:start({local, list_to_atom("echo_" ++ integer_to_list(N))}, ?MODULE, [], []) || N <- lists:seq(0, 9)],
    io:format("ready~n").

init([]) -> {ok, []}.
handle_call({echo, Term}, _From, State) -> {reply, Term, State}.
handle_cast(_, State) -> {noreply, State}.

%% As many callers, each with one call under way, for as long: how many calls a second.
run(Node, Callers, WarmUp, Ms) ->
    _ = round(Node, Callers, WarmUp),
    io:format("rate ~p~n", [round(Node, Callers, Ms)]),
    halt().

round(Node, Callers, Ms) ->
    Self = self(),
    Begin = erlang:monotonic_time(millisecond),
    Pids = [spawn(fun() -> loop(Self, server(N, Node), Begin + Ms, 0) end) || N <- lists:seq(1, Callers)],
    Count = lists:sum([receive {Pid, C} -> C end || Pid <- Pids]),
    Count * 1000 div (erlang:monotonic_time(millisecond) - Begin).

server(N, Node) -> {list_to_atom("echo_" ++ integer_to_list(N rem 10)), Node}.

loop(Parent, Server, Until, Count) ->
    <<"0123456789abcdef">> = gen_server:call(Server, {echo, <<"0123456789abcdef">>}),
    case erlang:monotonic_time(millisecond) >= Until of
        true -> Parent ! {self(), Count + 1};
        false -> loop(Parent, Server, Until, Count + 1)
    end.
