/** News of cameras' footage. A burst of it is one reason to look; what comes while that goes on is one more. */
export class FootageNews {
  readonly #look: (camera: string) => Promise<void>;
  readonly #looking = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();

  /** @param look never rejects; may lead to news itself. */
  constructor(look: (camera: string) => Promise<void>) {
    this.#look = look;
  }

  tell(camera: string): void {
    if (this.#looking.has(camera)) {
      this.#again.add(camera);
      return;
    }
    const looking = this.#look(camera).finally(() => {
      this.#looking.delete(camera);
      if (this.#again.delete(camera)) this.tell(camera);
    });
    this.#looking.set(camera, looking);
  }

  /** Resolves when nobody looks any more. */
  async settled(): Promise<void> {
    while (this.#looking.size > 0) await Promise.all(this.#looking.values());
  }
}
