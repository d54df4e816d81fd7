/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "util.h"

#define ALL (4 * 1024 * 1024) /* more than the sockets between hold */

typedef struct Pair {
        int near, far;
        Stream stream;
} Pair;

/* A TCP connection, which unlike a Unix socket takes a part of what it is given. */
static void connect_over_tcp(Pair *p) {
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t n = sizeof(at);
        int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_int_equal(bind(server, (struct sockaddr *)&at, n), 0);
        assert_int_equal(listen(server, 1), 0);
        assert_int_equal(getsockname(server, (struct sockaddr *)&at, &n), 0);
        p->near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(p->near, (struct sockaddr *)&at, n), 0);
        p->far = accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        assert_int_not_equal(fcntl(p->near, F_SETFL, O_NONBLOCK), -1);
        close(server);
}

static int setup(void **state) {
        Pair *p = calloc(1, sizeof(*p));

        assert_non_null(p);
        connect_over_tcp(p);
        stream_reset(&p->stream);
        *state = p;
        return 0;
}

static int teardown(void **state) {
        Pair *p = *state;

        stream_reset(&p->stream);
        close(p->near);
        close(p->far);
        free(p);
        return 0;
}

/* What was sent at the other end is not here at once where the machine is busy. */
static void await(int fd) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        assert_int_equal(poll(&p, 1, 10000), 1);
}

static uint8_t byte_at(size_t i) {
        return (uint8_t)(i * 2654435761U >> 13);
}

/* Gives it the bytes from *at on, in pieces of odd sizes, until it takes no more. */
static void gather_some(Pair *p, size_t *at) {
        uint8_t piece[997];
        ssize_t n = 1;

        stream_lend(&p->stream, p->near);
        while (*at < ALL && n > 0) {
                size_t want = MIN_OF(sizeof(piece) - *at % 101, (size_t)ALL - *at);

                for (size_t i = 0; i < want; i++)
                        piece[i] = byte_at(*at + i);
                assert_true(stream_write(p->near, piece, want, &n));
                *at += (size_t)MAX_OF(n, (ssize_t)0);
        }
        if (n < 0)
                assert_int_equal(errno, EAGAIN);
        stream_take_back(&p->stream);
}

static size_t read_and_compare(Pair *p, size_t at) {
        uint8_t buf[8191];
        ssize_t n;

        while ((n = recv(p->far, buf, sizeof(buf), 0)) > 0) {
                for (ssize_t i = 0; i < n; i++)
                        assert_int_equal(buf[i], byte_at(at + (size_t)i));
                at += (size_t)n;
        }
        return at;
}

static void what_a_full_socket_leaves_over_is_sent_later_whole_and_in_order(void **state) {
        Pair *p = *state;
        size_t given = 0, got = 0;
        unsigned left_over = 0;

        while (got < ALL) {
                gather_some(p, &given);
                assert_int_equal(stream_push(&p->stream, p->near), 0);
                if (!stream_pending(&p->stream) && given < ALL)
                        continue;
                left_over += p->stream.n_out > 0 && p->stream.n_out < STREAM_SIZE;
                got = read_and_compare(p, got);
        }
        assert_int_equal(given, ALL);
        assert_false(stream_pending(&p->stream));
        assert_true(left_over > 0); /* or the test has tried nothing */
}

static void nothing_is_sent_before_it_is_pushed(void **state) {
        Pair *p = *state;
        ssize_t n = 0;
        char c;

        stream_lend(&p->stream, p->near);
        assert_true(stream_write(p->near, "abc", 3, &n));
        assert_int_equal(n, 3);
        stream_take_back(&p->stream);
        assert_true(stream_pending(&p->stream));
        assert_int_equal(recv(p->far, &c, 1, 0), -1);
        assert_int_equal(stream_push(&p->stream, p->near), 0);
        await(p->far);
        assert_int_equal(recv(p->far, &c, 1, 0), 1);
}

static void a_push_into_a_lost_connection_says_so(void **state) {
        Pair *p = *state;
        ssize_t n = 0;

        stream_lend(&p->stream, p->near);
        assert_true(stream_write(p->near, "abc", 3, &n));
        stream_take_back(&p->stream);
        shutdown(p->near, SHUT_WR);
        assert_int_equal(stream_push(&p->stream, p->near), -EPIPE);
}

static void a_read_takes_from_one_filling_until_it_is_empty(void **state) {
        Pair *p = *state;
        char buf[8] = "";
        ssize_t n = 0;

        assert_int_equal(send(p->far, "abcdef", 6, 0), 6);
        await(p->near);
        stream_lend(&p->stream, p->near);
        for (int i = 0; i < 2; i++)
                assert_true(stream_read(p->near, buf + i, 1, &n) && n == 1);
        assert_int_equal(recv(p->near, buf + 2, 1, MSG_PEEK), -1); /* all of it has left the socket */
        assert_true(stream_read(p->near, buf + 2, 5, &n));
        assert_int_equal(n, 4);
        assert_memory_equal(buf, "abcdef", 6);
        assert_false(stream_unread(&p->stream));
        assert_true(stream_read(p->near, buf, 1, &n));
        assert_int_equal(n, -1);
        assert_int_equal(errno, EAGAIN);
        shutdown(p->far, SHUT_WR);
        await(p->near);
        assert_true(stream_read(p->near, buf, 1, &n));
        assert_int_equal(n, 0);
        stream_take_back(&p->stream);
}

static void of_a_connection_that_is_gone_nothing_is_read_or_sent_on_the_next(void **state) {
        Pair *p = *state;
        ssize_t n = 0;
        char c;

        assert_int_equal(send(p->far, "ab", 2, 0), 2);
        await(p->near);
        stream_lend(&p->stream, p->near);
        assert_true(stream_read(p->near, &c, 1, &n) && n == 1);
        assert_true(stream_write(p->near, "c", 1, &n) && n == 1);
        stream_take_back(&p->stream);
        stream_reset(&p->stream);
        assert_false(stream_pending(&p->stream));
        stream_lend(&p->stream, p->near);
        assert_true(stream_read(p->near, &c, 1, &n));
        stream_take_back(&p->stream);
        assert_int_equal(n, -1);
}

static void other_descriptors_and_other_times_are_none_of_its_business(void **state) {
        Pair *p = *state;
        char buf[8] = "";
        ssize_t n;

        assert_false(stream_read(p->near, buf, 1, &n));
        assert_false(stream_write(p->near, "ab", 2, &n));
        stream_lend(&p->stream, p->near);
        assert_false(stream_read(p->far, buf, 1, &n));
        assert_false(stream_write(p->far, "ab", 2, &n));
        stream_take_back(&p->stream);
        assert_false(stream_write(p->far, "a", 1, &n));
}

static void the_byte_that_wakes_nobody_is_not_written_as_long_as_the_handle_lives(void **state) {
        Pair *p = *state;
        ssize_t n = 0;

        stream_lend(&p->stream, p->near);
        assert_true(stream_write(p->far, "", 1, &n)); /* the library's first */
        stream_take_back(&p->stream);
        assert_int_equal(n, 1);
        assert_true(stream_write(p->far, "", 1, &n));
        assert_false(stream_write(p->far, "ab", 2, &n));
        assert_false(stream_write(p->far + 1, "", 1, &n));
        stream_reset(&p->stream);
        assert_false(stream_write(p->far, "", 1, &n));
        assert_false(stream_write(-1, "", 1, &n)); /* none of the library's, and to be told that there is no such file */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(what_a_full_socket_leaves_over_is_sent_later_whole_and_in_order),
                TEST(nothing_is_sent_before_it_is_pushed),
                TEST(a_push_into_a_lost_connection_says_so),
                TEST(a_read_takes_from_one_filling_until_it_is_empty),
                TEST(of_a_connection_that_is_gone_nothing_is_read_or_sent_on_the_next),
                TEST(other_descriptors_and_other_times_are_none_of_its_business),
                TEST(the_byte_that_wakes_nobody_is_not_written_as_long_as_the_handle_lives),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
