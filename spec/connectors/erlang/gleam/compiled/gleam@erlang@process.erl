-module(gleam@erlang@process).
-compile([no_auto_import, nowarn_unused_vars]).

-export([name/1, named_subject/1, receive_forever/1, register/1, spawn_unlinked/1, new_subject/0, send/2]).
-export_type([pid_/0, tag/0, name/1, subject/1, do_not_leak/0]).

-type pid_() :: any().

-type tag() :: any().

-type name(I) :: any() | {gleam_phantom, I}.

-opaque subject(J) :: {subject, pid_(), tag()} | {named_subject, name(J)}.

-type do_not_leak() :: any().

-spec name(binary()) -> name(any()).
name(Text) ->
    erlang:binary_to_atom(Text).

-spec named_subject(name(M)) -> subject(M).
named_subject(Name) ->
    {named_subject, Name}.

-spec receive_forever(subject(T)) -> T.
receive_forever(Subject) ->
    store_ffi:receive_message(Subject).

-spec register(name(any())) -> {ok, nil} | {error, nil}.
register(Name) ->
    store_ffi:register_process(Name).

-spec spawn_unlinked(fun(() -> any())) -> pid_().
spawn_unlinked(Running) ->
    proc_lib:spawn(Running).

-spec new_subject() -> subject(any()).
new_subject() ->
    {subject, erlang:self(), erlang:make_ref()}.

-spec send(subject(R), R) -> nil.
send(Subject, Message) ->
    case Subject of
        {subject, Pid, Tag} ->
            erlang:send(Pid, {Tag, Message});

        {named_subject, Name} ->
            _assert_subject = store_ffi:process_named(Name),
            {ok, Pid@1} = case _assert_subject of
                {ok, _} -> _assert_subject;
                _assert_fail ->
                    erlang:error(#{gleam_error => let_assert,
                                message => <<"Assertion pattern match failed"/utf8>>,
                                value => _assert_fail,
                                module => <<"gleam/erlang/process"/utf8>>,
                                function => <<"send"/utf8>>,
                                line => 28})
            end,
            erlang:send(Pid@1, {Name, Message})
    end,
    nil.
