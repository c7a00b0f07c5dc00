import { InvalidArgumentError, Option } from "commander";

export const stageOption = () => new Option("--stage <name>", "the deployed stage").argParser(parseStage);

/** SST's rule for names of stages. */
function parseStage(text: string): string {
  if (/^[A-Za-z0-9-]+$/.test(text)) return text;
  throw new InvalidArgumentError('Stages are named with letters, digits and "-".');
}
