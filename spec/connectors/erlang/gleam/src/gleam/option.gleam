pub type Option(a) {
  Some(a)
  None
}
