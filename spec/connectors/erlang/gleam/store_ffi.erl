%% What Gleam cannot say itself.
-module(store_ffi).
-export([receive_message/1, register_process/1, process_named/1, dict_get/2, dict_delete/2]).

%% An actor of gleam_otp selects by the first element and the size of a message, and discards what it does not expect.
receive_message(Subject) ->
    Tag = case Subject of {subject, _, Reference} -> Reference; {named_subject, Name} -> Name end,
    receive
        {Tag, Message} -> Message;
        _ -> receive_message(Subject)
    end.

register_process(Name) ->
    try register(Name, self()) of true -> {ok, nil} catch error:badarg -> {error, nil} end.

process_named(Name) ->
    case whereis(Name) of undefined -> {error, nil}; Pid -> {ok, Pid} end.

dict_get(Dict, Key) ->
    case Dict of #{Key := Value} -> {ok, Value}; _ -> {error, nil} end.

dict_delete(Dict, Key) -> maps:remove(Key, Dict).
