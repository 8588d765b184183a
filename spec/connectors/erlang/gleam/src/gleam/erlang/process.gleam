/// Subjects of the shape that the package gleam_erlang gives them since its release 1.0.
pub type Pid

pub type Tag

pub type Name(message)

pub opaque type Subject(message) {
  Subject(owner: Pid, tag: Tag)
  NamedSubject(name: Name(message))
}

@external(erlang, "erlang", "binary_to_atom")
pub fn name(text: String) -> Name(message)

pub fn named_subject(name: Name(message)) -> Subject(message) {
  NamedSubject(name)
}

pub fn new_subject() -> Subject(message) {
  Subject(self(), make_tag())
}

pub fn send(subject: Subject(message), message: message) -> Nil {
  case subject {
    Subject(pid, tag) -> raw_send(pid, #(tag, message))
    NamedSubject(name) -> {
      let assert Ok(pid) = named(name)
      raw_send(pid, #(name, message))
    }
  }
  Nil
}

@external(erlang, "store_ffi", "receive_message")
pub fn receive_forever(subject: Subject(message)) -> message

@external(erlang, "store_ffi", "register_process")
pub fn register(name: Name(message)) -> Result(Nil, Nil)

@external(erlang, "store_ffi", "process_named")
fn named(name: Name(message)) -> Result(Pid, Nil)

@external(erlang, "proc_lib", "spawn")
pub fn spawn_unlinked(running: fn() -> anything) -> Pid

@external(erlang, "erlang", "self")
fn self() -> Pid

@external(erlang, "erlang", "make_ref")
fn make_tag() -> Tag

type DoNotLeak

@external(erlang, "erlang", "send")
fn raw_send(pid: Pid, message: message) -> DoNotLeak
