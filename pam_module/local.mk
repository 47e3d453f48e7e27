# pam_stepup.so: converses, decides nothing, holds no secret. Links libpam and jansson, nothing else.
