# SPDX-License-Identifier: Apache-2.0
# bash completion: asepsisctl itself knows what goes where, and asks the daemon for ids.
_asepsisctl() {
        local cur words cword

        _get_comp_words_by_ref -n =: cur words cword || return
        mapfile -t COMPREPLY < <("${words[0]}" complete -- "${words[@]:1:cword}" 2>/dev/null)
        [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
        # What stands before = is there already.
        [[ $cur == --*=* ]] && COMPREPLY=("${COMPREPLY[@]#*=}")
        __ltrim_colon_completions "$cur"
}
complete -o default -F _asepsisctl asepsisctl
