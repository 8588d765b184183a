-module(store).
-compile([no_auto_import, nowarn_unused_vars]).

-export([start/0]).
-export_type([role/0, user/0, store_error/0, 'query'/0, account_message/0, message/0]).

-type role() :: admin | {owner_of, binary()} | {level, integer()}.

-type user() :: {user, binary(), gleam@option:option(integer()), list(role())}.

-type store_error() :: {not_found, binary()} |
    {http_error, integer(), gleam@option:option(binary())} |
    {conflict, user(), user()}.

-type 'query'() :: {'query',
        role(),
        gleam@option:option(integer()),
        gleam@erlang@process:subject(list(user()))}.

-type account_message() :: {deposit, float()} |
    {withdraw,
        float(),
        gleam@erlang@process:subject({ok, float()} | {error, nil})} |
    {close, gleam@erlang@process:subject(nil)}.

-type message() :: {put,
        user(),
        gleam@erlang@process:subject({ok, integer()} | {error, store_error()})} |
    {find,
        binary(),
        gleam@erlang@process:subject({ok, user()} | {error, store_error()})} |
    {search, 'query'()} |
    {search_all, list('query'())} |
    {by_role,
        gleam@erlang@process:subject(gleam@dict:dict(role(), list(binary())))} |
    {merge,
        gleam@dict:dict(binary(), {integer(), boolean()}),
        gleam@erlang@process:subject(gleam@dict:dict(binary(), {integer(),
            boolean()}))} |
    {transpose,
        list(list(float())),
        gleam@erlang@process:subject({integer(), list(list(float()))})} |
    {bits,
        bitstring(),
        gleam@erlang@process:subject({ok, bitstring()} | {error, nil})} |
    {open_account,
        float(),
        gleam@erlang@process:subject(gleam@erlang@process:subject(account_message()))} |
    {remove, binary()} |
    clear.

-spec handle_account(float(), account_message()) -> gleam@otp@actor:next(float()).
handle_account(Balance, Message) ->
    case Message of
        {deposit, Amount} ->
            {continue, Balance + Amount};

        {withdraw, Amount@1, Reply_to} when Amount@1 > Balance ->
            gleam@erlang@process:send(Reply_to, {error, nil}),
            {continue, Balance};

        {withdraw, Amount@2, Reply_to@1} ->
            gleam@erlang@process:send(Reply_to@1, {ok, Balance - Amount@2}),
            {continue, Balance - Amount@2};

        {close, Reply_to@2} ->
            gleam@erlang@process:send(Reply_to@2, nil),
            stop
    end.

-spec by_role(list(user()), gleam@dict:dict(role(), list(binary()))) -> gleam@dict:dict(role(), list(binary())).
by_role(Users, Names) ->
    case Users of
        [] ->
            Names;

        [{user, _, _, []} | Rest] ->
            by_role(Rest, Names);

        [{user, Name, Age, [Role | Roles]} | Rest@1] ->
            Others@1 = case store_ffi:dict_get(Names, Role) of
                {ok, Others} ->
                    Others;

                {error, nil} ->
                    []
            end,
            by_role(
                [{user, Name, Age, Roles} | Rest@1],
                gleam@dict:insert(Names, Role, [Name | Others@1])
            )
    end.

-spec heads(list(list(float()))) -> list(float()).
heads(Rows) ->
    case Rows of
        [[First | _] | Rest] ->
            [First * 1.0 | heads(Rest)];

        _ ->
            []
    end.

-spec tails(list(list(float()))) -> list(list(float())).
tails(Rows) ->
    case Rows of
        [[_ | Row] | Rest] ->
            [Row | tails(Rest)];

        _ ->
            []
    end.

-spec transpose(list(list(float()))) -> list(list(float())).
transpose(Rows) ->
    case Rows of
        [] ->
            [];

        [[] | _] ->
            [];

        _ ->
            [heads(Rows) | transpose(tails(Rows))]
    end.

-spec take(list(FH), integer()) -> list(FH).
take(List, Count) ->
    case List of
        [First | Rest] when Count > 0 ->
            [First | take(Rest, Count - 1)];

        _ ->
            []
    end.

-spec contains(list(FK), FK) -> boolean().
contains(List, Wanted) ->
    case List of
        [] ->
            false;

        [First | Rest] ->
            (First =:= Wanted) orelse contains(Rest, Wanted)
    end.

-spec matching(list(user()), role()) -> list(user()).
matching(Users, Role) ->
    case Users of
        [] ->
            [];

        [User | Rest] ->
            case contains(erlang:element(4, User), Role) of
                true ->
                    [User | matching(Rest, Role)];

                false ->
                    matching(Rest, Role)
            end
    end.

-spec search(gleam@dict:dict(binary(), user()), 'query'()) -> nil.
search(Users, Query) ->
    Found = matching(maps:values(Users), erlang:element(2, Query)),
    gleam@erlang@process:send(
        erlang:element(4, Query),
        case erlang:element(3, Query) of
            none ->
                Found;

            {some, Limit} ->
                take(Found, Limit)
        end
    ).

-spec search_all(gleam@dict:dict(binary(), user()), list('query'())) -> nil.
search_all(Users, Queries) ->
    case Queries of
        [] ->
            nil;

        [Query | Rest] ->
            search(Users, Query),
            search_all(Users, Rest)
    end.

-spec length(list(any()), integer()) -> integer().
length(List, Count) ->
    case List of
        [] ->
            Count;

        [_ | Rest] ->
            length(Rest, Count + 1)
    end.

-spec handle(gleam@dict:dict(binary(), user()), message()) -> gleam@otp@actor:next(gleam@dict:dict(binary(), user())).
handle(Users, Message) ->
    case Message of
        {put, User, Reply_to} ->
            case {erlang:element(3, User),
                store_ffi:dict_get(Users, erlang:element(2, User))} of
                {_, {ok, Former}} ->
                    gleam@erlang@process:send(
                        Reply_to,
                        {error, {conflict, Former, User}}
                    ),
                    {continue, Users};

                {{some, Age}, _} when Age < 0 ->
                    gleam@erlang@process:send(
                        Reply_to,
                        {error, {http_error, 422, {some, <<"age"/utf8>>}}}
                    ),
                    {continue, Users};

                {_, _} ->
                    Users@1 = gleam@dict:insert(
                        Users,
                        erlang:element(2, User),
                        User
                    ),
                    gleam@erlang@process:send(
                        Reply_to,
                        {ok, maps:size(Users@1)}
                    ),
                    {continue, Users@1}
            end;

        {find, Name, Reply_to@1} ->
            gleam@erlang@process:send(
                Reply_to@1,
                case store_ffi:dict_get(Users, Name) of
                    {ok, User@1} ->
                        {ok, User@1};

                    {error, nil} ->
                        {error, {not_found, Name}}
                end
            ),
            {continue, Users};

        {search, Query} ->
            search(Users, Query),
            {continue, Users};

        {search_all, Queries} ->
            search_all(Users, Queries),
            {continue, Users};

        {by_role, Reply_to@2} ->
            gleam@erlang@process:send(
                Reply_to@2,
                by_role(maps:values(Users), maps:new())
            ),
            {continue, Users};

        {merge, Ages, Reply_to@3} ->
            gleam@erlang@process:send(
                Reply_to@3,
                gleam@dict:insert(
                    Ages,
                    <<"total"/utf8>>,
                    {maps:size(Ages), false}
                )
            ),
            {continue, Users};

        {transpose, Rows, Reply_to@4} ->
            gleam@erlang@process:send(
                Reply_to@4,
                {length(Rows, 0), transpose(Rows)}
            ),
            {continue, Users};

        {bits, Bits, Reply_to@5} ->
            gleam@erlang@process:send(Reply_to@5, case Bits of
                    <<First:3, Rest/bitstring>> ->
                        {ok, <<Rest/bitstring, First:3>>};

                    _ ->
                        {error, nil}
                end),
            {continue, Users};

        {open_account, Balance, Reply_to@6} ->
            gleam@erlang@process:send(
                Reply_to@6,
                gleam@otp@actor:start(Balance, none, fun handle_account/2)
            ),
            {continue, Users};

        {remove, Name@1} ->
            {continue, store_ffi:dict_delete(Users, Name@1)};

        clear ->
            {continue, maps:new()}
    end.

-spec start() -> gleam@erlang@process:subject(message()).
start() ->
    gleam@otp@actor:start(
        maps:new(),
        {some, erlang:binary_to_atom(<<"store"/utf8>>)},
        fun handle/2
    ).
