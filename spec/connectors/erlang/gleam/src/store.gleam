//// An actor with messages of every kind that Gleam has: what the specs of `./erlang` ask.

import gleam/dict.{Dict}
import gleam/erlang/process.{Subject}
import gleam/option.{None, Option, Some}
import gleam/otp/actor.{Continue, Next, Stop}

pub type Role {
  Admin
  OwnerOf(thing: String)
  Level(Int)
}

pub type User {
  User(name: String, age: Option(Int), roles: List(Role))
}

pub type StoreError {
  NotFound(name: String)
  HTTPError(code: Int, detail: Option(String))
  Conflict(User, User)
}

pub type Query {
  Query(role: Role, limit: Option(Int), reply_to: Subject(List(User)))
}

pub type AccountMessage {
  Deposit(amount: Float)
  Withdraw(amount: Float, reply_to: Subject(Result(Float, Nil)))
  Close(reply_to: Subject(Nil))
}

pub type Message {
  Put(user: User, reply_to: Subject(Result(Int, StoreError)))
  Find(name: String, reply_to: Subject(Result(User, StoreError)))
  Search(query: Query)
  SearchAll(queries: List(Query))
  ByRole(reply_to: Subject(Dict(Role, List(String))))
  Merge(ages: Dict(String, #(Int, Bool)), reply_to: Subject(Dict(String, #(Int, Bool))))
  Transpose(rows: List(List(Float)), reply_to: Subject(#(Int, List(List(Float)))))
  Bits(bits: BitString, reply_to: Subject(Result(BitString, Nil)))
  OpenAccount(balance: Float, reply_to: Subject(Subject(AccountMessage)))
  Remove(name: String)
  Clear
}

pub fn start() -> Subject(Message) {
  actor.start(dict.new(), Some(process.name("store")), handle)
}

fn handle(users: Dict(String, User), message: Message) -> Next(Dict(String, User)) {
  case message {
    Put(user, reply_to) ->
      case user.age, dict.get(users, user.name) {
        _, Ok(former) -> {
          process.send(reply_to, Error(Conflict(former, user)))
          Continue(users)
        }
        Some(age), _ if age < 0 -> {
          process.send(reply_to, Error(HTTPError(422, Some("age"))))
          Continue(users)
        }
        _, _ -> {
          let users = dict.insert(users, user.name, user)
          process.send(reply_to, Ok(dict.size(users)))
          Continue(users)
        }
      }
    Find(name, reply_to) -> {
      process.send(
        reply_to,
        case dict.get(users, name) {
          Ok(user) -> Ok(user)
          Error(Nil) -> Error(NotFound(name))
        },
      )
      Continue(users)
    }
    Search(query) -> {
      search(users, query)
      Continue(users)
    }
    SearchAll(queries) -> {
      search_all(users, queries)
      Continue(users)
    }
    ByRole(reply_to) -> {
      process.send(reply_to, by_role(dict.values(users), dict.new()))
      Continue(users)
    }
    Merge(ages, reply_to) -> {
      process.send(reply_to, dict.insert(ages, "total", #(dict.size(ages), False)))
      Continue(users)
    }
    Transpose(rows, reply_to) -> {
      process.send(reply_to, #(length(rows, 0), transpose(rows)))
      Continue(users)
    }
    Bits(bits, reply_to) -> {
      process.send(
        reply_to,
        case bits {
          <<first:3, rest:bit_string>> -> Ok(<<rest:bit_string, first:3>>)
          _ -> Error(Nil)
        },
      )
      Continue(users)
    }
    OpenAccount(balance, reply_to) -> {
      process.send(reply_to, actor.start(balance, None, handle_account))
      Continue(users)
    }
    Remove(name) -> Continue(dict.delete(users, name))
    Clear -> Continue(dict.new())
  }
}

fn handle_account(balance: Float, message: AccountMessage) -> Next(Float) {
  case message {
    Deposit(amount) -> Continue(balance +. amount)
    Withdraw(amount, reply_to) if amount >. balance -> {
      process.send(reply_to, Error(Nil))
      Continue(balance)
    }
    Withdraw(amount, reply_to) -> {
      process.send(reply_to, Ok(balance -. amount))
      Continue(balance -. amount)
    }
    Close(reply_to) -> {
      process.send(reply_to, Nil)
      Stop
    }
  }
}

fn search(users: Dict(String, User), query: Query) -> Nil {
  let found = matching(dict.values(users), query.role)
  process.send(
    query.reply_to,
    case query.limit {
      None -> found
      Some(limit) -> take(found, limit)
    },
  )
}

fn search_all(users: Dict(String, User), queries: List(Query)) -> Nil {
  case queries {
    [] -> Nil
    [query, ..rest] -> {
      search(users, query)
      search_all(users, rest)
    }
  }
}

fn matching(users: List(User), role: Role) -> List(User) {
  case users {
    [] -> []
    [user, ..rest] ->
      case contains(user.roles, role) {
        True -> [user, ..matching(rest, role)]
        False -> matching(rest, role)
      }
  }
}

fn by_role(users: List(User), names: Dict(Role, List(String))) -> Dict(Role, List(String)) {
  case users {
    [] -> names
    [User(_, _, []), ..rest] -> by_role(rest, names)
    [User(name, age, [role, ..roles]), ..rest] -> {
      let others = case dict.get(names, role) {
        Ok(others) -> others
        Error(Nil) -> []
      }
      by_role([User(name, age, roles), ..rest], dict.insert(names, role, [name, ..others]))
    }
  }
}

fn transpose(rows: List(List(Float))) -> List(List(Float)) {
  case rows {
    [] | [[], ..] -> []
    _ -> [heads(rows), ..transpose(tails(rows))]
  }
}

fn heads(rows: List(List(Float))) -> List(Float) {
  case rows {
    [[first, ..], ..rest] -> [first *. 1.0, ..heads(rest)]
    _ -> []
  }
}

fn tails(rows: List(List(Float))) -> List(List(Float)) {
  case rows {
    [[_, ..row], ..rest] -> [row, ..tails(rest)]
    _ -> []
  }
}

fn take(list: List(a), count: Int) -> List(a) {
  case list {
    [first, ..rest] if count > 0 -> [first, ..take(rest, count - 1)]
    _ -> []
  }
}

fn contains(list: List(a), wanted: a) -> Bool {
  case list {
    [] -> False
    [first, ..rest] -> first == wanted || contains(rest, wanted)
  }
}

fn length(list: List(a), count: Int) -> Int {
  case list {
    [] -> count
    [_, ..rest] -> length(rest, count + 1)
  }
}
