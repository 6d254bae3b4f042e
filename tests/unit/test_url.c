/* Names of servers: what is meant, and what is told to who mistypes one. */
#include "lanchat/url.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

static void expect(const char *text, enum url_kind kind, const char *host, unsigned port, const char *shown)
{
    struct url url, again;
    const char *why = url_parse(&url, text);

    ck_assert_msg(!why, "%s: %s", text, why);
    ck_assert_msg(url.kind == kind, "%s", text);
    ck_assert_str_eq(url.host, host);
    ck_assert_uint_eq(url.port, port);
    ck_assert_str_eq(url.text, shown);
    ck_assert_ptr_null(url_parse(&again, url.text));
    ck_assert_str_eq(again.text, shown);
}

static void refuse(const char *text, const char *expected)
{
    struct url url;
    const char *why = url_parse(&url, text);

    ck_assert_msg(why, "%s was taken as %s", text, url.text);
    ck_assert_msg(strcmp(why, expected) == 0, "%s: %s", text, why);
}

static void refuse_all(const char *const texts[], const char *expected)
{
    for (; *texts; texts++)
        refuse(*texts, expected);
}

START_TEST(names)
{
    expect("hub", URL_HUB, "hub", 55555, "hub:55555");
    expect("Hub.Example:1", URL_HUB, "hub.example", 1, "hub.example:1");
    expect("192.0.2.1:65535", URL_HUB, "192.0.2.1", 65535, "192.0.2.1:65535");
    expect("my_hub-2.", URL_HUB, "my_hub-2.", 55555, "my_hub-2.:55555");
}
END_TEST

START_TEST(schemes)
{
    expect("lanchat://hub", URL_HUB, "hub", 55555, "hub:55555");
    expect("lanchat://hub:4000/", URL_HUB, "hub", 4000, "hub:4000");
    expect("LanChat://hub/", URL_HUB, "hub", 55555, "hub:55555");
    expect("nick://hub", URL_NICK, "hub", 55555, "nick://hub:55555");
    expect("nick://[::1]:9", URL_NICK, "::1", 9, "nick://[::1]:9");
    expect("lanchat", URL_HUB, "lanchat", 55555, "lanchat:55555");
    expect("nick:9", URL_HUB, "nick", 9, "nick:9");
}
END_TEST

START_TEST(addresses)
{
    expect("[::1]", URL_HUB, "::1", 55555, "[::1]:55555");
    expect("[2001:DB8::1]:80", URL_HUB, "2001:db8::1", 80, "[2001:db8::1]:80");
    expect("2001:db8::1", URL_HUB, "2001:db8::1", 55555, "[2001:db8::1]:55555");
    expect("::1", URL_HUB, "::1", 55555, "[::1]:55555");
    expect("fe80::A%wlan0", URL_HUB, "fe80::a%wlan0", 55555, "[fe80::a%wlan0]:55555");
    expect("[fe80::1%Eth0]:7", URL_HUB, "fe80::1%Eth0", 7, "[fe80::1%Eth0]:7");
}
END_TEST

START_TEST(mistake_in_a_port)
{
    refuse_all((const char *const[]){"x:70000", "x:0", "x:", "x:12a", "x:-1", "x:+1", "x: 1",
                                     "x:99999999999999999999", "[::1]:0", "[::1]:", "nick://x:65536",
                                     "lanchat://x:/", NULL},
               "not a port (1 to 65535)");
}
END_TEST

START_TEST(mistake_in_a_scheme)
{
    refuse_all(
        (const char *const[]){"ftp://x", "://x", "http://x/", "lanchats://x", "nic://x", " nick://x", NULL},
        "not lanchat:// or nick://");
}
END_TEST

START_TEST(mistake_in_a_host)
{
    refuse_all(
        (const char *const[]){"", ":1", "/", "lanchat://", "nick:///", "lanchat://:1", "[]", "[]:1", NULL},
        "no host is named");
}
END_TEST

START_TEST(mistake_in_a_name)
{
    refuse_all((const char *const[]){"a b", "jack@hub", "hub\n", "h\033[1m", "\xc3\xbc.example", "a]",
                                     "a%eth0", NULL},
               "not a host name");
}
END_TEST

START_TEST(mistake_in_an_address)
{
    refuse_all((const char *const[]){"[1.2.3.4]", "1:2:3", "[::1", "[fe80::1%]", "fe80::1%a b", "[hub]:1",
                                     ":::", NULL},
               "not an IPv6 address");
}
END_TEST

START_TEST(mistake_in_a_path)
{
    refuse_all((const char *const[]){"hub/room", "hub:1//", "hub?x", "hub#x", "[::1]x", "[::1]]:1", NULL},
               "nothing may follow the host and the port");
}
END_TEST

START_TEST(longest)
{
    struct url url;
    char text[400];

    memset(text, 'a', sizeof text);
    text[URL_HOST_MAX] = '\0';
    ck_assert_ptr_null(url_parse(&url, text));
    ck_assert_str_eq(url.host, text);
    text[URL_HOST_MAX] = 'a';
    text[URL_HOST_MAX + 1] = '\0';
    refuse(text, "too long for a host name");
    memcpy(text, "fe80::1%", 8);
    refuse(text, "too long for a host name");
    text[URL_HOST_MAX] = '\0';
    ck_assert_ptr_null(url_parse(&url, text));
    ck_assert_uint_eq(strlen(url.text), URL_HOST_MAX + strlen("[]:55555"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("url");

    tcase_add_test(tests, names);
    tcase_add_test(tests, schemes);
    tcase_add_test(tests, addresses);
    tcase_add_test(tests, mistake_in_a_port);
    tcase_add_test(tests, mistake_in_a_scheme);
    tcase_add_test(tests, mistake_in_a_host);
    tcase_add_test(tests, mistake_in_a_name);
    tcase_add_test(tests, mistake_in_an_address);
    tcase_add_test(tests, mistake_in_a_path);
    tcase_add_test(tests, longest);
    return suite_run(tests, "url");
}
