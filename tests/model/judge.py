# SPDX-License-Identifier: Apache-2.0
"""Judges folders of histories: whatever the daemon permitted, the reference must permit too.

    judge.py [-v] FOLDER...

Exit 1 where a permit went out for an item that the reference would not have presented, or where the histories show too
little. Printed beside it: what the daemon denied, by rule, and how often the reference saw nothing against the item.
"""
import sys
from collections import Counter
from pathlib import Path

from ledger import History, canonical
from reference import Reference

LEAST_ALLOWED = 20  # of a hundred requests
MUST_BE_MET = {'item-not-sterile', 'item-not-disinfected', 'item-used', 'item-claimed', 'item-expired', 'item-recalled',
               'item-damaged', 'item-dropped', 'item-cloned', 'item-unknown', 'item-repeated', 'pack-opened',
               'load-not-released', 'load-rejected', 'shelf-life-over', 'session-over'}


class Tally:
    def __init__(self):
        self.permits = self.denials = self.wrong = self.items = self.sterilized = 0
        self.denied, self.strict = Counter(), Counter()
        self.examples = {}


def judge(folder, tally):
    history = History(folder)
    reference = Reference(history)
    for permit in history.permits:
        tally.permits += 1
        given = [item for item, since in reference.given[permit['session']].items() if since == permit['i']]
        tally.items += len(given)
        tally.sterilized += sum(reference.sterilized_here(item, permit) for item in given)
        for item, rules in reference.against_permit(permit).items():
            tally.wrong += 1
            print(f'{folder}: record {permit["i"]}: session {permit["session"]} was permitted {item}, although '
                  f'{", ".join(sorted(rules))}')
    for denial in history.denials:
        tally.denials += 1
        for reason in denial['reasons']:
            tally.denied[reason['rule']] += 1
            if 'item' in reason:
                item = canonical(reason['item'])[0]
                if not reference.against_item(item, denial['session'], denial['i'], denial['at_us']):
                    tally.strict[reason['rule']] += 1
                    tally.examples.setdefault(reason['rule'], []).append(f'{folder}: record {denial["i"]}: {item}')


def main(arguments):
    verbose = '-v' in arguments
    tally = Tally()
    folders = [Path(a) for a in arguments if a != '-v']
    for folder in folders:
        judge(folder, tally)
    answered = tally.permits + tally.denials
    print(f'{len(folders)} histories, {tally.denials} denials, {tally.permits} permits for {tally.items} items, of them '
          f'{tally.sterilized} sterilized here; {tally.wrong} wrongly permitted')
    print('denied by rule (and how often the reference saw nothing against the item):')
    for rule, n in tally.denied.most_common():
        print(f'  {rule:28} {n:6} {tally.strict[rule] or "":>6}')
        for example in tally.examples.get(rule, ())[:3 if verbose else 0]:
            print(f'      {example}')
    missing = MUST_BE_MET - set(tally.denied)
    if missing:
        print(f'never met: {", ".join(sorted(missing))}')
    thin = tally.permits * 100 < LEAST_ALLOWED * answered or tally.sterilized < len(folders)
    if thin:
        print(f'less than {LEAST_ALLOWED} of a hundred requests were allowed, or too few items were sterilized here')
    return 1 if tally.wrong or missing or thin or not folders else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
