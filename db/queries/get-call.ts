/** One call, whole. */
