/** Of OpenAPI, what the page shows. */
interface Document {
  info: { title: string; version: string; description?: string };
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
}

interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: unknown }[];
  requestBody?: { content?: Record<string, { schema?: unknown }> };
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: unknown }> }>;
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The API for people, made of the same document as machines read; it needs no script and no network. */
export function documentationPage({ info, paths = {}, components = {} }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const groups = Map.groupBy(operations, ({ operation }) => operation.tags?.[0] ?? "other");
  const sections = [...groups].map(
    ([tag, all]) => `<section><h2>${escaped(tag)}</h2>${all.map(operationHtml).join("")}</section>`,
  );
  const schemas = Object.entries(components.schemas ?? {}).map(
    ([name, schema]) =>
      `<details id="${escaped(name)}"><summary><code>${escaped(name)}</code></summary>${code(schema)}</details>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(info.title)} API</title>
<link rel="stylesheet" href="/style.css"><link rel="icon" href="/icon.svg">
</head>
<body class="docs">
<main>
<h1>${escaped(info.title)} API <small>${escaped(info.version)}</small></h1>
<p>${escaped(info.description ?? "")} <a href="/openapi.json">OpenAPI 3.1</a> &middot; <a href="/">Console</a></p>
${sections.join("\n")}
<section><h2>Schemas</h2>${schemas.join("\n")}</section>
</main>
</body>
</html>`;
}

function operationHtml({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const { summary = "", description, parameters = [], requestBody, responses = {} } = operation;
  const rows = parameters.map(
    ({ name, in: place, required, description = "" }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${escaped(place)}${required ? ", required" : ""}</td><td>${escaped(description)}</td></tr>`,
  );
  const bodies = Object.values(requestBody?.content ?? {}).map(({ schema }) => `<h4>Body</h4>${code(schema)}`);
  const answers = Object.entries(responses).map(
    ([status, { description = "" }]) => `<li><code>${escaped(status)}</code> ${escaped(description)}</li>`,
  );
  return `<details>
<summary><b class="method">${method.toUpperCase()}</b> <code>${escaped(path)}</code> <span>${escaped(summary)}</span></summary>
${description ? `<p>${escaped(description)}</p>` : ""}
${rows.length > 0 ? `<table><tbody>${rows.join("")}</tbody></table>` : ""}
${bodies.join("")}
<h4>Answers</h4><ul>${answers.join("")}</ul>
</details>`;
}

const code = (schema: unknown): string => `<pre>${escaped(JSON.stringify(schema, null, 2))}</pre>`;
