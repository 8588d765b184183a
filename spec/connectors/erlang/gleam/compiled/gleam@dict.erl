-module(gleam@dict).
-compile([no_auto_import, nowarn_unused_vars]).

-export([new/0, get/2, insert/3, delete/2, size/1, values/1]).
-export_type([dict/2]).

-type dict(CF, CG) :: any() | {gleam_phantom, CF, CG}.

-spec new() -> dict(any(), any()).
new() ->
    maps:new().

-spec get(dict(CL, CM), CL) -> {ok, CM} | {error, nil}.
get(Dict, Key) ->
    store_ffi:dict_get(Dict, Key).

-spec insert(dict(CR, CS), CR, CS) -> dict(CR, CS).
insert(Dict, Key, Value) ->
    maps:put(Key, Value, Dict).

-spec delete(dict(DD, DE), DD) -> dict(DD, DE).
delete(Dict, Key) ->
    store_ffi:dict_delete(Dict, Key).

-spec size(dict(any(), any())) -> integer().
size(Dict) ->
    maps:size(Dict).

-spec values(dict(any(), DO)) -> list(DO).
values(Dict) ->
    maps:values(Dict).
