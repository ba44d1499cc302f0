/**
 * The version of Coco that this is, as in package.json.
 */
export const cocoVersion = '0.1.0';
