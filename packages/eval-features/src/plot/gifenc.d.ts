/** What we use of gifenc, which has no types of its own. */
declare module "gifenc" {
  /** A growing GIF. */
  export interface GifStream {
    /** Add a frame of palette indices, `[width · height]`; the first frame's palette is everybody's. */
    writeFrame(index: Uint8Array, width: number, height: number, options?: {
      readonly palette?: readonly (readonly number[])[];
      /** Milliseconds. */
      readonly delay?: number;
      /** Of the first frame: 0 is for ever, −1 is once. */
      readonly repeat?: number;
    }): void;
    finish(): void;
    /** A copy of what was written. */
    bytes(): Uint8Array;
  }
  export type MakeStream = () => GifStream;
  /** Absent where the package is loaded as CommonJS by Node. */
  export const GIFEncoder: MakeStream | undefined;
  const whole: { readonly GIFEncoder: MakeStream };
  export default whole;
}
