// Lints an OpenAPI document as Redocly does with its recommended rules; errors fail, warnings are shown.
import { createConfig, formatProblems, getTotals, lint } from "@redocly/openapi-core";

const problems = await lint({ ref: process.argv[2], config: await createConfig({ extends: ["recommended"] }) });
const totals = getTotals(problems);
formatProblems(problems, { format: "codeframe", totals, version: "" });
process.exit(totals.errors > 0 ? 1 : 0);
