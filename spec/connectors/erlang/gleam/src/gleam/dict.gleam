/// A map of Erlang, as `Dict` of the standard library is one.
pub type Dict(key, value)

@external(erlang, "maps", "new")
pub fn new() -> Dict(key, value)

@external(erlang, "store_ffi", "dict_get")
pub fn get(dict: Dict(key, value), key: key) -> Result(value, Nil)

pub fn insert(dict: Dict(key, value), key: key, value: value) -> Dict(key, value) {
  put(key, value, dict)
}

@external(erlang, "maps", "put")
fn put(key: key, value: value, dict: Dict(key, value)) -> Dict(key, value)

@external(erlang, "store_ffi", "dict_delete")
pub fn delete(dict: Dict(key, value), key: key) -> Dict(key, value)

@external(erlang, "maps", "size")
pub fn size(dict: Dict(key, value)) -> Int

@external(erlang, "maps", "values")
pub fn values(dict: Dict(key, value)) -> List(value)
