/**
 * A rule of consensus was broken: the outcome that the simulator exists to find.
 */

/** Thrown by a checker; carries the checker's name so that the report can say which rule it was. */
export class Violation extends Error {
  readonly checker: string;

  constructor(checker: string, sentence: string) {
    super(sentence);
    this.name = 'Violation';
    this.checker = checker;
  }
}
