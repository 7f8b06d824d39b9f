/** The sample of a new project: few enough that all trainings of its pipeline are done in minutes. */
export const PROJECT_SAMPLE = { folder: 'data/raw/shapes', images: 600, size: 32, seed: 0 } as const;
