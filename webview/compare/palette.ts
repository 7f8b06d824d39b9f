/** One colour and one dash pattern for each run, told apart by the colour-blind and without any colour. */

/**
 * Okabe and Ito 2008, without black and yellow; darkened or lightened so that each has at least 3:1 against the
 * backgrounds of VS Code's own themes (tested).
 */
const dark = ['#56b4e9', '#e69f00', '#2fb58e', '#f07a3c', '#d98cb8', '#8fa8ff', '#f0e442'] as const;
const light = ['#0072b2', '#b26b00', '#00805c', '#c24a00', '#a8487f', '#4a54c4', '#7a6f00'] as const;
const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [14, 4], [1, 2]];

export interface Stroke {
  readonly colour: string;
  /** Lengths of line and gap in CSS pixels; none is an unbroken line. */
  readonly dash: readonly number[];
}

/** The stroke of a place in the list; places beyond the palette's length get another pairing of colour and dashes. */
export function strokeOf(slot: number, onLight: boolean): Stroke {
  const colours = onLight ? light : dark;
  const turn = Math.floor(slot / colours.length);
  return { colour: colours[slot % colours.length] ?? dark[0], dash: dashes[(slot + turn) % dashes.length] ?? [] };
}
