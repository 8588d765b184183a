%% A gen_server that counts the words of a line, and takes 2 ms for it: see main.ts.
-module(word_count).
-behaviour(gen_server).
-export([start/0, init/1, handle_call/3, handle_cast/2]).

start() -> gen_server:start({local, word_count}, ?MODULE, [], []).

init([]) -> {ok, []}.

handle_call(Line, From, State) when is_binary(Line) ->
    spawn(fun() -> timer:sleep(2), gen_server:reply(From, length(string:lexemes(Line, " \t\r\n"))) end),
    {noreply, State}.

handle_cast(_, State) -> {noreply, State}.
