# SPDX-License-Identifier: Apache-2.0
"""A network between devices and broker that a test cuts and spoils: a TCP proxy in a thread of its own.

    p = Proxy(port_of_the_broker)       # listens on p.port
    p.cut(up=True, down=True)           # holds back without closing anything, as a pulled plug would; cut() heals
    p.redirect(port_of_another)         # who is connected is thrown out, and comes to that one
    p.lose(0.3, (b"renew",), dice)      # of the MQTT messages with such a topic as many get lost, each way: p.lost

After a cut heals, what was held back arrives late and in order, as TCP would have it."""
import selectors, socket, threading

HOST = "127.0.0.1"
CHUNK = 65536
PUBLISH = 3


class Pipe:
    """One direction of one connection."""

    def __init__(self, proxy, source, target, up):
        self.proxy, self.source, self.target, self.up = proxy, source, target, up
        self.partial = b""

    def pump(self):
        """False: the connection is over."""
        try:
            data = self.source.recv(CHUNK)
            if data:
                self.target.sendall(self._spoiled(data))
            return bool(data)
        except OSError:
            return False

    def _spoiled(self, data):
        """Without the messages that get lost. Only whole packets go on, so that the stream stays one."""
        self.partial += data
        out = b""
        while (n := packet_length(self.partial)) and n <= len(self.partial):
            packet, self.partial = self.partial[:n], self.partial[n:]
            if self.proxy._loses(packet):
                self.proxy.lost.append(packet)
            else:
                out += packet
        return out


def packet_length(data):
    """Of the MQTT packet that begins here; 0: not known yet."""
    n = 0
    for i in range(1, min(5, len(data))):
        n |= (data[i] & 127) << 7 * (i - 1)
        if data[i] < 128:
            return 1 + i + n
    return 0


class Proxy:
    def __init__(self, target):
        self.target, self.lock = target, threading.Lock()
        self.fraction, self.topics, self.dice, self.lost = 0, (), None, []
        self.held = {True: False, False: False}     # by direction: up
        self.selector, self.pipes, self.over = selectors.DefaultSelector(), [], False
        self.drop = False
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.wake, self.woken = socket.socketpair()
        for s in (self.listener, self.woken):
            self.selector.register(s, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def cut(self, up=False, down=False):
        with self.lock:
            self.held = {True: up, False: down}
        self.wake.send(b"x")

    def lose(self, fraction, topics=(), dice=None):
        with self.lock:
            self.fraction, self.topics, self.dice = fraction, topics, dice

    def redirect(self, target):
        """To another broker: who is connected has to come again."""
        with self.lock:
            self.target, self.drop = target, True
        self.wake.send(b"x")

    def close(self):
        self.over = True
        self.wake.send(b"x")
        self.thread.join(5)

    # ----------------------------------------------------------------------------------------------- in the thread

    def _loses(self, packet):
        return packet[0] >> 4 == PUBLISH and any(t in packet[:300] for t in self.topics) and self.dice.random() < self.fraction

    def _run(self):
        while not self.over:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    self._accept()
                elif key.fileobj is self.woken:
                    self.woken.recv(100)
                else:
                    self._pump(key.data)
            self._hold()
        for pipe in self.pipes:
            pipe.source.close()
        self.listener.close()

    def _accept(self):
        client, _ = self.listener.accept()
        try:
            broker = socket.create_connection((HOST, self.target), 5)
        except OSError:
            client.close()
            return
        for s in (client, broker):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pipes += [Pipe(self, client, broker, True), Pipe(self, broker, client, False)]

    def _pump(self, pipe):
        if pipe in self.pipes and not self.held[pipe.up] and not pipe.pump():
            self._close([p for p in self.pipes if p.source in (pipe.source, pipe.target)])

    def _close(self, pipes):
        for one in pipes:
            self.pipes.remove(one)
            if one.source in self.selector.get_map():
                self.selector.unregister(one.source)
            one.source.close()

    def _hold(self):
        """Listens to those that are not held back."""
        with self.lock:
            if self.drop:
                self._close(list(self.pipes))
                self.drop = False
            watched = self.selector.get_map()
            for pipe in self.pipes:
                if self.held[pipe.up] and pipe.source in watched:
                    self.selector.unregister(pipe.source)
                elif not self.held[pipe.up] and pipe.source not in watched:
                    self.selector.register(pipe.source, selectors.EVENT_READ, pipe)
