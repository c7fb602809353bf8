// Ask Plumbline and print the answer with its sources; then the same, word by word.
import type { components, operations, paths } from "./plumbline.js";

type Question = paths["/v1/chat"]["post"]["requestBody"]["content"]["application/json"];
type Answer = operations["chat"]["responses"][200]["content"]["application/json"];
type ChatEvent = components["schemas"]["ChatEvent"];

async function send(url: string, key: string, question: Question): Promise<Response> {
  const response = await fetch(`${url}/v1/chat`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
    body: JSON.stringify(question),
    redirect: "error",
  });
  if (response.ok) return response;
  const problem: components["schemas"]["ProblemDetail"] = await response.json();
  throw new Error(`${problem.status} ${problem.title}: ${problem.detail}`);
}

export async function ask(url: string, key: string, question: string): Promise<Answer> {
  return (await send(url, key, { question })).json();
}

export async function* stream(url: string, key: string, question: string): AsyncGenerator<ChatEvent> {
  const response = await send(url, key, { question, stream: true });
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + piece).split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s) as [string, string]));
      yield { event: fields.get("event"), data: JSON.parse(fields.get("data")!) } as ChatEvent;
    }
  }
}

export async function print(url: string, key: string, question: string): Promise<void> {
  const answer = await ask(url, key, question);
  console.log(answer.answer);
  for (const { marker, title, page } of answer.citations) console.log(`[${marker}] ${title}, ${page ?? "-"}`);
  for await (const event of stream(url, key, question)) {
    if (event.event === "token") console.log(event.data.text);
    else if (event.event === "answer") console.log(event.data.citations.length);
    else if (event.event === "error") throw new Error(event.data.detail);
  }
}
