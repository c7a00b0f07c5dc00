import { expect, it } from "vitest";
import { FootageNews } from "./footage-news.ts";

it("looks once for a burst of news, and once more for what comes while it looks", async () => {
  const looks: string[] = [];
  let release = Promise.withResolvers<void>();
  const news = new FootageNews(async (camera) => {
    looks.push(camera);
    await release.promise;
  });
  for (const camera of ["pier", "pier", "gate", "pier"]) news.tell(camera);
  expect(looks).toEqual(["pier", "gate"]);
  const first = release;
  release = Promise.withResolvers();
  first.resolve();
  release.resolve();
  await news.settled();
  expect(looks).toEqual(["pier", "gate", "pier"]);
  news.tell("gate");
  await news.settled();
  expect(looks).toEqual(["pier", "gate", "pier", "gate"]);
});
