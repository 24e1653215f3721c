import { hash } from 'node:crypto';

/**
 * Merkle trees in the shape of RFC 6962 (certificate transparency): a leaf is SHA-256(0x00 || text), a node
 * SHA-256(0x01 || left || right), so that neither can pass for the other. The left part of every node is a full
 * tree, which makes the tree of the first n leaves recognizable in every later one.
 */

/** Hexadecimal: of the forms that node:crypto gives, the quickest to make. */
export type Hash = string;

/** What stands beside the way from a leaf to the root, and on which side of it. */
export interface ProofStep {
  readonly side: 'left' | 'right';
  readonly hash: Hash;
}

export function hashLeaf(text: string): Hash {
  return hash('sha256', `\0${text}`);
}

export function hashNode(left: Hash, right: Hash): Hash {
  return hash('sha256', Buffer.from(`01${left}${right}`, 'hex'));
}

/** The hashes of each level, the leaves first, the root alone in the last. */
export type Tree = readonly (readonly Hash[])[];

/** The tree over leaf hashes, or over the roots of trees that it puts together. */
export function treeOver(leaves: readonly Hash[]): Tree {
  if (leaves.length === 0) throw new Error('a tree has at least one leaf');
  const levels = [leaves];
  for (let level = leaves; level.length > 1; levels.push(level)) level = parentsOf(level);
  return levels;
}

/** A last one without a neighbour moves up as it is: that gives the shape of RFC 6962. */
function parentsOf(level: readonly Hash[]): Hash[] {
  const parents: Hash[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const left = level[index] as Hash;
    const right = level[index + 1];
    parents.push(right ? hashNode(left, right) : left);
  }
  return parents;
}

export function rootOf(tree: Tree): Hash {
  return tree.at(-1)?.[0] as Hash;
}

/** The way from a leaf to the root. */
export function proofOf(tree: Tree, index: number): ProofStep[] {
  const steps: ProofStep[] = [];
  for (const [height, level] of tree.entries()) {
    const place = Math.floor(index / 2 ** height);
    const sibling = level[place ^ 1];
    if (sibling) steps.push({ side: place % 2 === 1 ? 'left' : 'right', hash: sibling });
  }
  return steps;
}

/** The root that a leaf and the way from it lead to. */
export function rootFrom(leaf: Hash, proof: Iterable<ProofStep>): Hash {
  let root = leaf;
  for (const { side, hash: sibling } of proof) {
    root = side === 'left' ? hashNode(sibling, root) : hashNode(root, sibling);
  }
  return root;
}
