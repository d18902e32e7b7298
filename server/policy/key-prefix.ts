/** How the secret of every Weir key begins: clients and people tell it by that from a provider's. */
export const SECRET_PREFIX = 'wk_'
