// The decisions that `u` takes back, the last one first; kept for the tab, so that a reload forgets none.

const NAME = "review-undo";
const MOST = 100;

function kept() {
    try {
        return JSON.parse(sessionStorage.getItem(NAME)) || [];
    } catch (broken) {
        return [];
    }
}

function keep(all) {
    sessionStorage.setItem(NAME, JSON.stringify(all.slice(-MOST)));
}

export function remember(address, decided) {
    keep([...kept(), { address, decided }]);
}

export function takeLast() {
    const all = kept();
    const last = all.pop();
    keep(all);
    return last || null;
}

export function forget(address) {
    keep(kept().filter((each) => each.address !== address));
}

export function isEmpty() {
    return kept().length === 0;
}
