/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/base/display_text.h: what is shown can neither steer a terminal nor pass for something else.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"

static void assert_shown(const char *text, const char *expected)
{
	char *shown = display_text(text, strlen(text));

	assert_non_null(shown);
	assert_string_equal(shown, expected);
	free(shown);
}

static void letters_of_all_scripts_stay(void **state)
{
	static const char *const fine[] = {"", "Export 102000 contacts of trezor",
		"Zoë's Café & Söhne <GmbH>", "Газпром нефть", "Ελληνικά", "日本語の会社", "한국어", "עברית", "العربية",
		"हिन्दी", "ไทยกำลัง", "ru\u0308ben", "👍", "C:\\Users\\bob", "50 % of 1/2 — “quoted”",
		"DOMAIN\\user"};

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		assert_shown(fine[i], fine[i]);
}

static void control_characters_are_escaped(void **state)
{
	(void)state;
	assert_shown("a\x1b[31mb", "a\\u{001B}[31mb");
	assert_shown("a\r\nb\tc\x7f", "a\\u{000D}\\u{000A}b\\u{0009}c\\u{007F}");
	assert_shown("\xc2\x9b" "31m", "\\u{009B}31m"); /* C1 CSI */
	assert_shown("\xc2\x85", "\\u{0085}");
}

static void a_nul_is_escaped_and_not_the_end(void **state)
{
	char *shown = display_text("a\0b", 3);

	(void)state;
	assert_string_equal(shown, "a\\u{0000}b");
	free(shown);
}

static void bidirectional_controls_are_escaped(void **state)
{
	(void)state;
	assert_shown("\u202a\u202b\u202c\u202d\u202e", "\\u{202A}\\u{202B}\\u{202C}\\u{202D}\\u{202E}");
	assert_shown("\u2066\u2067\u2068\u2069", "\\u{2066}\\u{2067}\\u{2068}\\u{2069}");
	assert_shown("\u200e\u200f\u061c", "\\u{200E}\\u{200F}\\u{061C}");
}

static void invisible_characters_are_escaped(void **state)
{
	(void)state;
	assert_shown("a\u200bb\u200cc\u200dd\u2060e\ufeff",
		"a\\u{200B}b\\u{200C}c\\u{200D}d\\u{2060}e\\u{FEFF}");
	assert_shown("a\u00ad\u034f\u115f\u3164\u2800\uffa0",
		"a\\u{00AD}\\u{034F}\\u{115F}\\u{3164}\\u{2800}\\u{FFA0}");
	/* variation selectors */
	assert_shown("a\ufe0f\ufe00\U000e0100", "a\\u{FE0F}\\u{FE00}\\u{E0100}");
	assert_shown("a\U000e0001\U000e0041\U000e007f", "a\\u{E0001}\\u{E0041}\\u{E007F}"); /* tags */
}

static void line_separators_and_odd_spaces_are_escaped(void **state)
{
	(void)state;
	assert_shown("a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c");
	assert_shown("a\u00a0b\u2003c\u3000d", "a\\u{00A0}b\\u{2003}c\\u{3000}d");
}

static void private_unassigned_and_noncharacters_are_escaped(void **state)
{
	(void)state;
	assert_shown("\ue000\U000f0000\U0010fffd", "\\u{E000}\\u{F0000}\\u{10FFFD}");
	assert_shown("\ufdd0\uffff\U0001ffff\u0378", "\\u{FDD0}\\u{FFFF}\\u{1FFFF}\\u{0378}");
}

static void marks_stay_only_on_letters_and_few_at_a_time(void **state)
{
	(void)state;
	assert_shown("\u0301abc", "\\u{0301}abc");
	assert_shown("of \u0301abc", "of \\u{0301}abc");
	assert_shown("1\u0336" "9", "1\\u{0336}9");
	assert_shown("a\u0336", "a\\u{0336}"); /* struck through */
	assert_shown("9\u20e3", "9\\u{20E3}"); /* a key around it */
	assert_shown("\n\u0301", "\\u{000A}\\u{0301}");
	assert_shown("a\u0301\u0301\u0301\u0301\u0301", "a\u0301\u0301\u0301\u0301\\u{0301}");
	assert_shown("a\u0301\u0301\u0301\u0301\u0301\u0301", "a\u0301\u0301\u0301\u0301\\u{0301}\\u{0301}");
}

static void scripts_that_look_alike_do_not_stand_together(void **state)
{
	(void)state;
	assert_shown("p\u0430ypal", "p\\u{0430}ypal");           /* Cyrillic a */
	assert_shown("trez\u03bfr", "trez\\u{03BF}r");           /* Greek omicron */
	assert_shown("tr\u212bzor", "tr\\u{212B}zor");           /* Angstrom sign */
	assert_shown("trez\uff4fr", "trez\\u{FF4F}r");           /* full-width o */
	assert_shown("trez\U0001d428r", "trez\\u{1D428}r");      /* mathematical o */
	assert_shown("\u13a1rezor", "\\u{13A1}rezor");           /* Cherokee */
	assert_shown("\u0420\u0410\u0423 5", "\u0420\u0410\u0423 5"); /* one script alone stays */
}

static void what_is_not_utf8_is_escaped_byte_by_byte(void **state)
{
	(void)state;
	assert_shown("a\xff\xfe" "b", "a\\x{FF}\\x{FE}b");
	assert_shown("\xc0\xaf", "\\x{C0}\\x{AF}");                 /* over-long */
	assert_shown("\xe0\x80\x80", "\\x{E0}\\x{80}\\x{80}");
	assert_shown("\xed\xa0\x80", "\\x{ED}\\x{A0}\\x{80}");      /* surrogate */
	assert_shown("\xf4\x90\x80\x80", "\\x{F4}\\x{90}\\x{80}\\x{80}");
	assert_shown("ab\xe2\x82", "ab\\x{E2}\\x{82}");             /* cut short */
	assert_shown("\x80", "\\x{80}");
}

static void no_two_texts_look_the_same(void **state)
{
	(void)state;
	assert_shown("\\u{202E}", "\\u{005C}u{202E}");
	assert_shown("\\x{FF}", "\\u{005C}x{FF}");
	assert_shown("\\\\u{1}", "\\\\u{005C}u{1}");
}

static void nothing_is_cut_off(void **state)
{
	size_t size = 65536;
	char *text = malloc(size), *shown;

	(void)state;
	memset(text, 'x', size);
	memcpy(text + size - 6, "102000", 6);
	shown = display_text(text, size);
	assert_int_equal(strlen(shown), size);
	assert_memory_equal(shown + size - 6, "102000", 6);
	free(shown);
	memset(text, 1, size);
	shown = display_text(text, size);
	assert_int_equal(strlen(shown), size * 8);
	free(shown);
	free(text);
}

static void utf8_is_valid_knows_rfc_3629(void **state)
{
	(void)state;
	assert_true(utf8_is_valid("", 0));
	assert_true(utf8_is_valid("\x7f\xc2\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff",
			1 + 2 + 2 + 3 + 3 + 3 + 3 + 4 + 4));
	assert_false(utf8_is_valid("a\0b", 3));
	assert_false(utf8_is_valid("\xc1\xbf", 2));
	assert_false(utf8_is_valid("\xe0\x9f\xbf", 3));
	assert_false(utf8_is_valid("\xf0\x8f\xbf\xbf", 4));
	assert_false(utf8_is_valid("\xed\xbf\xbf", 3));
	assert_false(utf8_is_valid("\xf4\x90\x80\x80", 4));
	assert_false(utf8_is_valid("\xf8\x88\x80\x80\x80", 5));
	assert_false(utf8_is_valid("\xe2\x82", 2));
	assert_false(utf8_is_valid("\xe2\x82\x41", 3));
}

static void of_single_bytes_only_ascii_is_utf8(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		const char text[] = {'a', (char)byte, 'z'};
		bool good = byte >= 0x01 && byte <= 0x7f;

		for (size_t from = 0; from < 2; from++)
			for (size_t to = 2; to <= 3; to++)
				assert_int_equal(utf8_is_valid(text + from, to - from), good);
	}
}

typedef char *display(const char *text, size_t size);

static void assert_shown_by(display *how, const char *text, const char *expected)
{
	char *shown = how(text, strlen(text));

	assert_non_null(shown);
	assert_string_equal(shown, expected);
	free(shown);
}

static void a_value_from_right_to_left_is_isolated_and_no_other(void **state)
{
	(void)state;
	assert_shown_by(display_value, "\u05e2\u05d1\u05e8\u05d9\u05ea",
		"\u2068\u05e2\u05d1\u05e8\u05d9\u05ea\u2069");
	assert_shown_by(display_value, "acme \u0627 12", "\u2068acme \u0627 12\u2069");
	assert_shown_by(display_value, "\u0661\u0662", "\u2068\u0661\u0662\u2069"); /* Arabic digits */
	assert_shown_by(display_value, "acme", "acme");
	assert_shown_by(display_value, "Zo\u00eb", "Zo\u00eb");
	assert_shown_by(display_value, "", "");
}

static void a_value_ends_no_isolate_and_begins_none(void **state)
{
	(void)state;
	assert_shown_by(display_value, "\u05d0\u2069\u202e", "\u2068\u05d0\\u{2069}\\u{202E}\u2069");
	assert_shown_by(display_value, "\u2068a\u2069", "\\u{2068}a\\u{2069}");
}

static void joined_blanks_of_a_value_are_marked(void **state)
{
	(void)state;
	assert_shown_by(display_value, "a b c", "a b c");
	assert_shown_by(display_value, "a  b", "a \\u{0020}b");
	assert_shown_by(display_value, " a b ", "\\u{0020}a b\\u{0020}");
	assert_shown_by(display_value, " ", "\\u{0020}");
	assert_shown_by(display_value, "a\u00a0b", "a\\u{00A0}b");
}

static void a_value_of_look_alikes_alone_is_marked(void **state)
{
	(void)state;
	assert_shown_by(display_value, "\u0430\u0440\u0440\u04cf\u0435",
		"\\u{0430}\\u{0440}\\u{0440}\\u{04CF}\\u{0435}");
	assert_shown_by(display_value, "\u0430\u0441-1", "\\u{0430}\\u{0441}-1");
	assert_shown_by(display_value, "\uff41\uff42", "\\u{FF41}\\u{FF42}");
	assert_shown_by(display_value, "\u0413\u0430\u0437\u043f\u0440\u043e\u043c",
		"\u0413\u0430\u0437\u043f\u0440\u043e\u043c");
}

static void a_sentence_keeps_the_isolates_of_its_values(void **state)
{
	(void)state;
	assert_shown_by(display_sentence, "from \u2068\u05d0\u2069 to \u2068\u05d1\u2069",
		"from \u2068\u05d0\u2069 to \u2068\u05d1\u2069");
	assert_shown_by(display_sentence, "from \u2068\u05d0 to \u05d1",
		"\u2068from \\u{2068}\u05d0 to \u05d1\u2069");
	assert_shown_by(display_sentence, "a\u2069b\u2068", "a\\u{2069}b\\u{2068}");
	assert_shown_by(display_sentence, "\u2068\u2068\u05d0\u2069\u2069",
		"\u2068\\u{2068}\\u{2068}\u05d0\\u{2069}\\u{2069}\u2069");
	assert_shown_by(display_sentence, "\u05d0", "\u2068\u05d0\u2069");
	assert_shown_by(display_sentence, "two  blanks \u202e", "two  blanks \\u{202E}");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_value_from_right_to_left_is_isolated_and_no_other),
	cmocka_unit_test(a_value_ends_no_isolate_and_begins_none),
	cmocka_unit_test(joined_blanks_of_a_value_are_marked),
	cmocka_unit_test(a_value_of_look_alikes_alone_is_marked),
	cmocka_unit_test(a_sentence_keeps_the_isolates_of_its_values),
	cmocka_unit_test(letters_of_all_scripts_stay),
	cmocka_unit_test(control_characters_are_escaped),
	cmocka_unit_test(a_nul_is_escaped_and_not_the_end),
	cmocka_unit_test(bidirectional_controls_are_escaped),
	cmocka_unit_test(invisible_characters_are_escaped),
	cmocka_unit_test(line_separators_and_odd_spaces_are_escaped),
	cmocka_unit_test(private_unassigned_and_noncharacters_are_escaped),
	cmocka_unit_test(marks_stay_only_on_letters_and_few_at_a_time),
	cmocka_unit_test(scripts_that_look_alike_do_not_stand_together),
	cmocka_unit_test(what_is_not_utf8_is_escaped_byte_by_byte),
	cmocka_unit_test(no_two_texts_look_the_same),
	cmocka_unit_test(nothing_is_cut_off),
	cmocka_unit_test(utf8_is_valid_knows_rfc_3629),
	cmocka_unit_test(of_single_bytes_only_ascii_is_utf8),
};

TAP_MAIN(tests)
