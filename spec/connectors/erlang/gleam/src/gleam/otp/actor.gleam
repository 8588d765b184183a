import gleam/erlang/process.{Name, Subject}
import gleam/option.{None, Option, Some}

pub type Next(state) {
  Continue(state)
  Stop
}

/// Starts an actor, registered by a name if there is one. Returns its subject.
pub fn start(
  state: state,
  name: Option(Name(message)),
  handle: fn(state, message) -> Next(state),
) -> Subject(message) {
  let started = process.new_subject()
  process.spawn_unlinked(fn() {
    let subject = case name {
      Some(name) -> {
        let assert Ok(Nil) = process.register(name)
        process.named_subject(name)
      }
      None -> process.new_subject()
    }
    process.send(started, subject)
    loop(state, subject, handle)
  })
  process.receive_forever(started)
}

fn loop(
  state: state,
  subject: Subject(message),
  handle: fn(state, message) -> Next(state),
) -> Nil {
  case handle(state, process.receive_forever(subject)) {
    Continue(state) -> loop(state, subject, handle)
    Stop -> Nil
  }
}
