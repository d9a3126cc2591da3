// Shows the OpenAPI document that stands beside this page. No library, and no other host.

const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
};
const code = (text) => element("code", {}, text);
// Of Markdown the document has paragraphs and `code`.
const inline = (text) => text.split("`").map((part, index) => (index % 2 ? code(part) : part));
const prose = (text = "") => text.split("\n\n").filter(Boolean).map((each) => element("p", {}, inline(each)));
const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
const block = (value) => element("pre", { tabIndex: 0 }, code(pretty(value)));
const joined = (nodes, separator) => nodes.flatMap((node, index) => (index ? [separator, node] : [node])).flat();

const api = await (await fetch(new URL("openapi.json", import.meta.url))).json();
const resolve = (item) => (item.$ref ? item.$ref.slice(2).split("/").reduce((at, key) => at[key], api) : item);

function type(schema) {
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return [element("a", { href: `#schema-${name}` }, name)];
  }
  if (schema.anyOf) return joined(schema.anyOf.map(type), " or ");
  if (schema.const !== undefined) return [code(JSON.stringify(schema.const))];
  if (schema.enum) return joined(schema.enum.map((value) => code(JSON.stringify(value))), " or ");
  if (schema.contentMediaType) return ["bytes"];
  const kinds = [schema.type ?? "any JSON"].flat();
  const shown = kinds.map((kind) => (kind === "array" && schema.items ? ["array of ", ...type(schema.items)] : [kind]));
  return [...joined(shown, " or "), schema.format ? ` (${schema.format})` : ""];
}

function limits(schema) {
  const range = (least, most, unit) => {
    if (least === undefined && most === undefined) return "";
    const bounds = [least === undefined ? "" : `at least ${least}`, Number.isSafeInteger(most) ? `at most ${most}` : ""];
    return bounds.filter(Boolean).join(", ") + unit;
  };
  const said = [
    range(schema.minimum, schema.maximum, ""),
    range(schema.minLength, schema.maxLength, " characters"),
    range(schema.minItems, schema.maxItems, " items"),
    schema.default === undefined ? "" : `default ${JSON.stringify(schema.default)}`,
  ].filter(Boolean);
  // Longer ones, and those with escapes, are for machines; the description says it for people.
  const legible = /^[^\\]{1,50}$/.test(schema.pattern ?? "");
  const pattern = legible ? [said.length ? "; " : "", "matches ", code(schema.pattern)] : [];
  const items = schema.items && !schema.items.$ref ? limits(schema.items) : [];
  const own = said.length || pattern.length ? [element("div", { className: "limits" }, said.join("; "), pattern)] : [];
  return [...own, ...items.map((item) => (item.prepend("each: "), item))];
}

const row = (name, note, schema, description, example) =>
  element("tr", {},
    element("th", { scope: "row" }, code(name), note ? element("div", { className: "note" }, note) : ""),
    element("td", {}, element("div", { className: "note" }, type(schema)), prose(description), limits(schema),
      example === undefined ? "" : element("div", { className: "limits" }, "for example ", code(typeof example === "string" ? example : JSON.stringify(example)))));

const table = (caption, rows) =>
  rows.length ? [element("h4", {}, caption), element("table", {}, element("tbody", {}, rows))] : [];

const properties = (schema) => [
  ...Object.entries(schema.properties ?? {}),
  ...Object.entries(schema.patternProperties ?? {}).map(([, value]) => ["metadata.…", value]),
].map(([name, value]) => row(name, schema.required?.includes(name) ? "required" : "", value, value.description));

const examples = (content) => Object.entries(content.examples ?? {}).map(([name, { value }]) =>
  [name === "example" ? "" : element("div", { className: "note" }, name), block(value)]);

// The parameters of a whole path are said once, in the introduction.
function parameters(operation) {
  const shown = (operation.parameters ?? []).map(resolve).map((each) => {
    const content = each.content?.["application/json"] ?? each;
    return row(each.name, each.required ? `${each.in}, required` : each.in, content.schema, each.description, content.example);
  });
  return table("Parameters", shown);
}

function requestBody(body) {
  if (!body) return [];
  const contents = Object.entries(body.content);
  const [, first] = contents[0];
  const media = joined(contents.map(([name]) => code(name === "*/*" ? "any media type" : name)), " or ");
  return [
    element("h4", {}, "Body"),
    element("p", { className: "note" }, media, ": ", type(first.schema), body.required ? "" : ", may be empty"),
    first.schema.properties ? element("table", {}, element("tbody", {}, properties(first.schema))) : "",
  ];
}

function response([status, { description, headers = {}, content = {} }]) {
  const shown = Object.entries(headers).map(([name, header]) => {
    const { schema, description: about, example } = resolve(header);
    return row(name, "", schema, about, example);
  });
  return element("details", {},
    element("summary", {}, element("b", {}, status), inline(description)),
    Object.entries(content).map(([media, each]) => [element("p", { className: "note" }, code(media), ": ", type(each.schema)), examples(each)]),
    table("Headers", shown));
}

function sample(operation) {
  const source = operation["x-codeSamples"][0].source;
  const copy = element("button", { className: "copy", type: "button", onclick: async () => {
    await navigator.clipboard.writeText(source);
    copy.textContent = "Copied";
  } }, "Copy");
  const [, success] = Object.entries(operation.responses).find(([status]) => status < 300);
  const json = success.content?.["application/json"];
  return element("div", {}, element("h4", {}, "Request", copy), block(source),
    operation.requestBody?.content["application/json"] ? [element("h4", {}, "Request body"), examples(operation.requestBody.content["application/json"])] : "",
    json ? [element("h4", {}, "Answer"), examples(json)] : "");
}

const method = (name) => element("span", { className: `method ${name}` }, name);

const article = ({ path, item, name, operation }) =>
  element("article", { className: "operation", id: operation.operationId },
    element("header", {}, element("h3", {}, inline(operation.summary)),
      element("div", { className: "route" }, method(name), code(path),
        element("span", { className: "note" }, operation.operationId, name === "GET" && item.head ? "; HEAD too" : "",
          operation.security.length ? "" : "; no key needed"))),
    element("div", {}, prose(operation.description), parameters(operation), requestBody(operation.requestBody),
      element("h4", {}, "Answers"), Object.entries(operation.responses).map(response)),
    sample(operation));

const operations = Object.entries(api.paths).flatMap(([path, item]) =>
  ["get", "put", "post", "patch", "delete"].filter((name) => item[name])
    .map((name) => ({ path, item, name: name.toUpperCase(), operation: item[name] })));
const tagged = api.tags.map((tag) => [tag, operations.filter(({ operation }) => operation.tags.includes(tag.name))]);

const links = tagged.map(([tag, members]) => [element("h2", {}, tag.name), element("ul", {}, members.map(({ name, operation }) =>
  element("li", {}, element("a", { href: `#${operation.operationId}` }, method(name), operation.operationId))))]);
const filter = element("input", { type: "search", placeholder: "Filter", ariaLabel: "Filter the operations", oninput: () => {
  const wanted = filter.value.toLowerCase();
  for (const { path, operation } of operations) {
    const matches = `${path} ${operation.operationId} ${operation.summary}`.toLowerCase().includes(wanted);
    document.getElementById(operation.operationId).hidden = !matches;
    document.querySelector(`nav a[href="#${operation.operationId}"]`).parentElement.hidden = !matches;
  }
} });
document.querySelector("nav").append(filter, ...links.flat(), element("h2", {}, element("a", { href: "#schemas" }, "Schemas")));

document.title = `${api.info.title} API`;
document.querySelector("main").replaceChildren(
  element("h1", {}, `${api.info.title} `, element("small", {}, api.info.version)), ...prose(api.info.description),
  element("p", {}, element("a", { href: "schema/openapi.json" }, "openapi.json"), `, OpenAPI ${api.openapi}`),
  ...tagged.flatMap(([tag, members]) => [element("h2", {}, tag.name), ...prose(tag.description), ...members.map(article)]),
  element("h2", { id: "schemas" }, "Schemas"),
  ...Object.entries(api.components.schemas).map(([name, schema]) =>
    element("article", { id: `schema-${name}` }, element("h3", {}, name), prose(schema.description),
      element("table", {}, element("tbody", {}, properties(schema))))));
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
