package com.bytefreezer.connector.kit;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** An answer of a {@link ScriptedServer}; {@code cut} closes the connection in the middle of the answer. */
public record Reply(int status, Map<String, String> headers, String body, Duration delay, boolean cut) {

    public Reply {
        headers = Map.copyOf(headers);
    }

    public static Reply of(int status) {
        return of(status, "");
    }

    public static Reply of(int status, String body) {
        return new Reply(status, Map.of(), body, Duration.ZERO, false);
    }

    /** This reply with another header. */
    public Reply header(String name, String value) {
        var more = new HashMap<>(headers);
        more.put(name, value);
        return new Reply(status, more, body, delay, cut);
    }

    /** This reply, sent only after the delay. */
    public Reply after(Duration longer) {
        return new Reply(status, headers, body, longer, cut);
    }

    /** This reply, broken off in the middle: the server has the request, but the client cannot know. */
    public Reply resetConnection() {
        return new Reply(status, headers, body, delay, true);
    }
}
