# What the specs of Elixir call.
defmodule Shop.Item do
  defstruct [:name, price: 0, tags: []]
end

defmodule Shop.Server do
  use GenServer

  def start_link(options), do: GenServer.start_link(__MODULE__, %{}, options)
  def init(items), do: {:ok, items}

  def handle_call({:put, %Shop.Item{name: name} = item}, _from, items) when is_binary(name),
    do: {:reply, {:ok, %{item | tags: [:new | item.tags]}}, Map.put(items, name, item)}

  def handle_call({:find, options}, _from, items) do
    found = items |> Map.values() |> Enum.filter(&(&1.price <= Keyword.fetch!(options, :below)))
    {:reply, [count: length(found), names: Enum.map(found, & &1.name), first: List.first(found)], items}
  end

  def handle_call({:kind, text}, _from, items) when is_binary(text), do: {:reply, {:string, String.length(text)}, items}
  def handle_call({:kind, text}, _from, items) when is_list(text), do: {:reply, {:charlist, length(text)}, items}
  def handle_call({:kind, nil}, _from, items), do: {:reply, nil, items}
  def handle_call({:kind, Shop.Item}, _from, items), do: {:reply, Shop.Server, items}

  def handle_call(:structs, _from, items),
    do: {:reply, [~D[2026-11-30], 1..3, MapSet.new([1]), %Shop.Item{}, ~c"text", "text"], items}

  def handle_call({:later, ms, value}, from, items) do
    Process.send_after(self(), {:reply, from, value}, ms)
    {:noreply, items}
  end

  def handle_call({:elsewhere, value}, from, items) do
    spawn(fn -> GenServer.reply(from, value) end)
    {:noreply, items}
  end

  def handle_call({:idle, ms}, from, items) do
    Process.put(:from, from)
    {:noreply, items, ms}
  end

  def handle_call({:continue, value}, from, items), do: {:noreply, items, {:continue, {from, value}}}
  def handle_call({:reply_and_stop, reason, value}, _from, items), do: {:stop, reason, value, items}
  def handle_call({:stop, reason}, _from, items), do: {:stop, reason, items}
  def handle_call({:raise, text}, _from, _items), do: raise(ArgumentError, text)
  def handle_call({:exit, reason}, _from, _items), do: exit(reason)
  def handle_call(:pid, _from, items), do: {:reply, self(), items}
  def handle_call({:echo, value}, _from, items), do: {:reply, value, items}

  def handle_cast({:put, item}, items), do: {:noreply, Map.put(items, item.name, item)}
  def handle_continue({from, value}, items), do: GenServer.reply(from, value) && {:noreply, items}

  def handle_info({:reply, from, value}, items), do: GenServer.reply(from, value) && {:noreply, items}
  def handle_info({:message, item}, items), do: {:noreply, Map.put(items, item.name, item)}

  def handle_info(:timeout, items) do
    GenServer.reply(Process.delete(:from), :timeout)
    {:noreply, items}
  end
end

{:ok, supervisor} =
  Supervisor.start_link(
    [
      {Registry, keys: :unique, name: Shop.Registry},
      Supervisor.child_spec({Shop.Server, name: Shop.Server}, id: :local),
      Supervisor.child_spec({Shop.Server, name: {:global, "shop"}}, id: :global),
      Supervisor.child_spec({Shop.Server, name: {:global, {:shop, 2}}}, id: :second),
      Supervisor.child_spec({Shop.Server, name: {:via, Registry, {Shop.Registry, "shop"}}}, id: :via)
    ],
    strategy: :one_for_one,
    max_restarts: 1_000
  )

# The process that has loaded this file may end.
Process.unlink(supervisor)
