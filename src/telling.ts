/** How much is told at once: for pages and terminals alike. */

/** More classes than these are not told one by one, and somebody's picture may well be of one of them. */
const FEW_CLASSES = 20;

export function tellsEach(classes: readonly string[]): boolean {
  return classes.length <= FEW_CLASSES;
}

/** Decimal places of a mean and its standard deviation `sd` > 0: those of the deviation's first two digits (1.37 ± 0.071), five at most. */
export function placesOf(sd: number): number {
  return Math.min(5, Math.max(0, 1 - Math.floor(Math.log10(sd))));
}
