# Made from stepup's table of commands and options: stepup completion bash
_stepup()
{
	local word=${COMP_WORDS[COMP_CWORD]} before= first= second= options='--help --version' words= kind= i
	[ "$COMP_CWORD" -gt 0 ] && before=${COMP_WORDS[COMP_CWORD-1]}
	case $before in
@values@
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) compopt -o default 2>/dev/null; return ;;
		-*) ;;
		*)
			if [ -z "$first" ]; then
				first=${COMP_WORDS[i]}
			elif [ -z "$second" ]; then
				second=${COMP_WORDS[i]}
			fi
			;;
		esac
	done
	case $first in
@words@
	esac
	case $first in
@commands@
	esac
	case $word in
	-*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
	*) COMPREPLY=($(compgen $kind -W "$words" -- "$word")) ;;
	esac
}
complete -F _stepup stepup
