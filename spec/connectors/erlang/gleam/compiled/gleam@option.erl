-module(gleam@option).
-compile([no_auto_import, nowarn_unused_vars]).

-export_type([option/1]).

-type option(AZ) :: {some, AZ} | none.


