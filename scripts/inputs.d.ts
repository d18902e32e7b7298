/** Types of inputs.js, which is plain JavaScript because any Node must be able to run it. */
export declare const stampOf: (root: string) => string
export declare const hashInputs: (root: string) => string
export declare const isBuilt: (root: string) => boolean
