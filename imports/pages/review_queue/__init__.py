"""The review queue as a work place: which questions, in which order, and what one of them shows.

`queue` says which and in which order, `list_filters` lets the list narrow it; `case` gathers what a page shows;
`alike` finds questions that one decision may answer.
"""
