# pam_stepup.so: converses, decides nothing, holds no secret. Links libpam and jansson, nothing else.
pam_PROGRAMS += pam_module/pam_stepup.so
pam_module_pam_stepup_so_CPPFLAGS = $(AM_CPPFLAGS)
pam_module_pam_stepup_so_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
pam_module_pam_stepup_so_LDFLAGS = $(AM_LDFLAGS) -shared -Wl,-z,defs -Wl,-z,nodelete
pam_module_pam_stepup_so_LDADD = $(LIBSTEPUP) $(JANSSON_LIBS) $(PAM_LIBS)
pam_module_pam_stepup_so_SOURCES = pam_module/pam_stepup.c pam_module/arguments.h pam_module/arguments.c \
	pam_module/conversation.h pam_module/conversation.c pam_module/conversation_text.c \
	pam_module/conversation_json.c pam_module/granted_mark.h pam_module/granted_mark.c \
	pam_module/host_prompt.h pam_module/host_prompt.c pam_module/outcome.h pam_module/outcome.c \
	pam_module/reach.h pam_module/reach.c pam_module/request.h pam_module/request.c
