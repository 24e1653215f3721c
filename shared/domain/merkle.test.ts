import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Hash, hashLeaf, hashNode, proofOf, rootFrom, rootOf, treeOver } from './merkle.ts';

const texts = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 70 });
const rootOver = (leaves: readonly string[]) => rootOf(treeOver(leaves.map(hashLeaf)));

/** MTH of RFC 6962, section 2.1, by its words. */
function rootByDefinition(leaves: readonly string[]): Hash {
  if (leaves.length === 1) return hashLeaf(leaves[0] as string);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return hashNode(rootByDefinition(leaves.slice(0, k)), rootByDefinition(leaves.slice(k)));
}

describe('the root', () => {
  test.each([
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [4, 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
    [5, '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
    [6, '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
    [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
  ])(
    'over the first %i leaves that logs of certificates are tested with is known',
    (count, root) => {
      const leaves = ['', '\0', '\x10', ' !', '01', '@ABC', 'PQRSTUVW', '`abcdefghijklmno'];
      expect(rootOver(leaves.slice(0, count))).toBe(root);
    },
  );

  test('is that of RFC 6962', () => {
    fc.assert(
      fc.property(texts, (leaves) => {
        expect(rootOver(leaves)).toBe(rootByDefinition(leaves));
      }),
    );
  });

  test('is another one for a changed, added, missing or moved leaf', () => {
    const one = ['a', 'b', 'c', 'd', 'e'];
    const others = [
      ['a', 'b', 'c', 'd', 'f'],
      ['a', 'b', 'c', 'd', 'e', 'e'],
      ['a', 'b', 'c', 'd'],
      ['b', 'a', 'c', 'd', 'e'],
    ];
    expect(new Set([one, ...others].map(rootOver)).size).toBe(5);
  });

  test('of a node is not the hash of a leaf', () => {
    const [left, right] = [hashLeaf('a'), hashLeaf('b')];
    expect(hashNode(left, right)).not.toBe(hashLeaf(`${left}${right}`));
    expect(hashNode(left, right)).not.toBe(hashNode(right, left));
  });

  test('does not exist over nothing', () => {
    expect(() => treeOver([])).toThrow('at least one leaf');
  });
});

describe('a proof', () => {
  test('leads from every leaf to the root, and from nothing else', () => {
    fc.assert(
      fc.property(texts, fc.nat(), (leaves, at) => {
        const tree = treeOver(leaves.map(hashLeaf));
        for (const [index, leaf] of leaves.entries()) {
          const proof = proofOf(tree, index);
          expect(rootFrom(hashLeaf(leaf), proof)).toBe(rootOf(tree));
          expect(rootFrom(hashLeaf(`${leaf}.`), proof)).not.toBe(rootOf(tree));
        }
        const proof = proofOf(tree, at % leaves.length);
        const leaf = hashLeaf(leaves[at % leaves.length] as string);
        for (const [place, step] of proof.entries()) {
          const changed = proof.with(place, { ...step, hash: hashLeaf(step.hash) });
          expect(rootFrom(leaf, changed)).not.toBe(rootOf(tree));
          expect(rootFrom(leaf, proof.toSpliced(place, 1))).not.toBe(rootOf(tree));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('says by its sides which leaf of the tree it is about', () => {
    for (let size = 1; size <= 40; size++) {
      const tree = treeOver(Array.from({ length: size }, (_, index) => hashLeaf(`${index}`)));
      const ways = Array.from({ length: size }, (_, index) =>
        proofOf(tree, index)
          .map(({ side }) => (side === 'left' ? '1' : '0'))
          .reverse()
          .join(''),
      );
      expect(ways).toEqual([...ways].sort());
      expect(new Set(ways).size).toBe(size);
    }
  });

  test('of the leaf that comes next holds the head before it', () => {
    fc.assert(
      fc.property(texts, fc.nat(), (leaves, at) => {
        const before = at % leaves.length;
        if (before === 0) return;
        const [first, ...rest] = proofOf(treeOver(leaves.map(hashLeaf)), before)
          .filter(({ side }) => side === 'left')
          .map(({ hash }) => hash) as [Hash, ...Hash[]];
        const head = rest.reduce((right, left) => hashNode(left, right), first);
        expect(head).toBe(rootOver(leaves.slice(0, before)));
      }),
    );
  });
});
