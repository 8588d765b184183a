-module(gleam@otp@actor).
-compile([no_auto_import, nowarn_unused_vars]).

-export([start/3]).
-export_type([next/1]).

-type next(BB) :: {continue, BB} | stop.

-spec loop(BI, gleam@erlang@process:subject(BJ), fun((BI, BJ) -> next(BI))) -> nil.
loop(State, Subject, Handle) ->
    case Handle(State, store_ffi:receive_message(Subject)) of
        {continue, State@1} ->
            loop(State@1, Subject, Handle);

        stop ->
            nil
    end.

-spec start(
    BC,
    gleam@option:option(gleam@erlang@process:name(BD)),
    fun((BC, BD) -> next(BC))
) -> gleam@erlang@process:subject(BD).
start(State, Name, Handle) ->
    Started = gleam@erlang@process:new_subject(),
    proc_lib:spawn(
        fun() ->
            Subject = case Name of
                {some, Name@1} ->
                    _assert_subject = store_ffi:register_process(Name@1),
                    {ok, nil} = case _assert_subject of
                        {ok, nil} -> _assert_subject;
                        _assert_fail ->
                            erlang:error(#{gleam_error => let_assert,
                                        message => <<"Assertion pattern match failed"/utf8>>,
                                        value => _assert_fail,
                                        module => <<"gleam/otp/actor"/utf8>>,
                                        function => <<"start"/utf8>>,
                                        line => 19})
                    end,
                    gleam@erlang@process:named_subject(Name@1);

                none ->
                    gleam@erlang@process:new_subject()
            end,
            gleam@erlang@process:send(Started, Subject),
            loop(State, Subject, Handle)
        end
    ),
    store_ffi:receive_message(Started).
