/** A client that takes a while, refuses the item 3, and counts what the server sees. */
export class Client {
  static open = 0;
  static peak = 0;

  static async connect(): Promise<Client> {
    await delay(2);
    Client.peak = Math.max(Client.peak, ++Client.open);
    return new Client();
  }

  async send(item: number): Promise<number> {
    await delay(2);
    if (item === 3) throw new Error('refused');
    return item * item;
  }

  async end(): Promise<void> {
    Client.open--;
    await delay(1);
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
