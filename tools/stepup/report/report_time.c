/* SPDX-License-Identifier: BSD-2-Clause */
/* Times as reports take and give them; see report.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/stepup/report/report.h"

const char *report_time(int64_t at, char text[REPORT_TIME_SIZE])
{
	time_t seconds = (time_t)at;
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL ||
	    strftime(text, REPORT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		(void)snprintf(text, REPORT_TIME_SIZE, "?");
	return text;
}

static int64_t unit_seconds(const char *unit)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].name, unit) == 0)
			return units[i].seconds;
	return 0;
}

static bool parse_relative(const char *text, int64_t now, int64_t *at)
{
	char *end = NULL;
	long long number;
	int64_t seconds;

	errno = 0;
	number = strtoll(text, &end, 10);
	seconds = end == text ? 0 : unit_seconds(end);
	if (errno != 0 || text[0] < '0' || text[0] > '9' || seconds == 0 || number > now / seconds)
		return false;
	*at = now - number * seconds;
	return true;
}

/* Midnight, local time, of the day itself or of the one before. */
static bool parse_day(const char *text, int64_t now, int64_t *at)
{
	time_t seconds = (time_t)now;
	struct tm day;
	bool yesterday = strcmp(text, "yesterday") == 0;

	if ((!yesterday && strcmp(text, "today") != 0) || localtime_r(&seconds, &day) == NULL)
		return false;
	day.tm_hour = day.tm_min = day.tm_sec = 0;
	day.tm_mday -= yesterday;
	day.tm_isdst = -1;
	*at = mktime(&day);
	return *at >= 0;
}

/* "Z", "+01:00", "-0730"; seconds east of UTC. */
static bool parse_zone(const char *text, long *east)
{
	int hours = 0, minutes = 0, used = 0;

	*east = 0;
	if (strcmp(text, "Z") == 0)
		return true;
	if (text[0] != '+' && text[0] != '-')
		return false;
	if ((sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 &&
		    sscanf(text + 1, "%2d%2d%n", &hours, &minutes, &used) != 2) ||
	    text[1 + used] != '\0' || hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
		return false;
	*east = (hours * 3600L + minutes * 60L) * (text[0] == '-' ? -1 : 1);
	return true;
}

void report_print_time(int64_t at, size_t from, FILE *out)
{
	char text[REPORT_TIME_SIZE];

	(void)report_time(at, text);
	text[strcspn(text, "T")] = ' ';
	text[strcspn(text, "Z")] = '\0';
	if (from < strlen(text))
		(void)fputs(text + from, out);
}

bool report_time_parse(const char *text, int64_t now, int64_t *at)
{
	static const char *const formats[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
		"%Y-%m-%d %H:%M", "%Y-%m-%d"};

	if (parse_relative(text, now, at) || parse_day(text, now, at))
		return true;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm time = {.tm_isdst = -1};
		const char *rest = strptime(text, formats[i], &time);
		time_t seconds;
		long east;

		if (rest == NULL)
			continue;
		if (*rest != '\0' && !parse_zone(rest, &east))
			continue;
		seconds = *rest == '\0' ? mktime(&time) : timegm(&time) - east;
		*at = seconds;
		return seconds >= 0;
	}
	return false;
}
