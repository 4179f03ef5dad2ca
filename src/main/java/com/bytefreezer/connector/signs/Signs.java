package com.bytefreezer.connector.signs;

import com.bytefreezer.connector.text.PlainText;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What the exports of this process wait for. Callers of a neighbour report the outcome; a call that does not end is
 * noticed from outside, while it is under way. Safe for use by several threads.
 */
public final class Signs {
    /** Stands for every lane. */
    public static final String EVERYBODY = "";

    private final ConcurrentMap<String, Map<Neighbour, Sign>> lanes = new ConcurrentHashMap<>();
    private volatile Consumer<String> listener = lane -> {};

    /** From now on, the listener learns at once which lane {@link #retries}. */
    public void listen(Consumer<String> listener) {
        this.listener = listener;
    }

    /** A neighbour of {@code lane} has just failed. */
    public void failed(String lane, Neighbour neighbour, String why) {
        failed(lane, neighbour, why, System.nanoTime());
    }

    /**
     * As above, with an earlier start.
     *
     * @param since by {@link System#nanoTime}
     */
    public void failed(String lane, Neighbour neighbour, String why, long since) {
        sign(lane, neighbour).failed(since, phrase(why), true);
    }

    /** As {@link #failed}, with a retry within the same run. */
    public void retries(String lane, Neighbour neighbour, String why) {
        if (sign(lane, neighbour).failed(System.nanoTime(), phrase(why), true)) {
            listener.accept(lane);
        }
    }

    /**
     * A neighbour that all lanes share has failed.
     *
     * @param stand whether they stop without it
     */
    public void failed(Neighbour neighbour, String why, boolean stand) {
        sign(EVERYBODY, neighbour).failed(System.nanoTime(), phrase(why), stand);
    }

    /** A neighbour of {@code lane} answers but accepts nothing; this becomes a sign if it continues. */
    public void refused(String lane, Neighbour neighbour, String why) {
        sign(lane, neighbour).refused(phrase(why));
    }

    /** A neighbour of {@code lane} has succeeded. */
    public void works(String lane, Neighbour neighbour) {
        sign(lane, neighbour).works();
    }

    /** A neighbour that all lanes share has succeeded. */
    public void works(Neighbour neighbour) {
        works(EVERYBODY, neighbour);
    }

    /** All of the lane's own neighbours work. */
    public void work(String lane) {
        signs(lane).values().forEach(Sign::works);
    }

    /** The lane no longer exists. */
    public void forget(String lane) {
        lanes.remove(lane);
    }

    /** A call starts; {@link #end} always follows. */
    public void begin(String lane, Neighbour neighbour, Object call) {
        sign(lane, neighbour).begin(call);
    }

    /** A call has ended. */
    public void end(String lane, Neighbour neighbour, Object call) {
        sign(lane, neighbour).end(call);
    }

    /** As above, for a neighbour that all lanes share. */
    public void begin(Neighbour neighbour, Object call) {
        begin(EVERYBODY, neighbour, call);
    }

    /** As above, for a neighbour that all lanes share. */
    public void end(Neighbour neighbour, Object call) {
        end(EVERYBODY, neighbour, call);
    }

    /** What a lane has waited for longest, whether its own neighbour or a shared one; empty if it works. */
    public Optional<Retrying> of(String lane) {
        return Stream.concat(own(lane).stream(), shared().stream())
                .max(Comparator.comparing(Retrying::stands).thenComparing(Retrying::lasting));
    }

    /** What only this lane waits for. */
    public Optional<Retrying> own(String lane) {
        String destination = lane.substring(lane.lastIndexOf('/') + 1);
        return look(lane, destination);
    }

    /** What all lanes wait for. */
    public Optional<Retrying> shared() {
        return look(EVERYBODY, "");
    }

    private Optional<Retrying> look(String lane, String destination) {
        long now = System.nanoTime();
        Map<Neighbour, Sign> signs = lanes.get(lane);
        return signs == null
                ? Optional.empty()
                : Arrays.stream(Neighbour.values())
                        .map(neighbour -> {
                            Sign sign = signs.get(neighbour);
                            return sign == null
                                    ? null
                                    : sign.look(now, subject(neighbour, destination))
                                            .orElse(null);
                        })
                        .filter(Objects::nonNull)
                        .max(Comparator.comparing(Retrying::stands).thenComparing(Retrying::lasting));
    }

    private static String phrase(String why) {
        return PlainText.line(why).replaceFirst("\\.$", "");
    }

    private static String subject(Neighbour neighbour, String destination) {
        return switch (neighbour) {
            case DESTINATION -> destination;
            case CONTROL -> "control plane";
            case LAKE, CURSOR, DISK -> neighbour.name().toLowerCase(Locale.ROOT);
        };
    }

    private Sign sign(String lane, Neighbour neighbour) {
        return signs(lane).computeIfAbsent(neighbour, Sign::new);
    }

    private Map<Neighbour, Sign> signs(String lane) {
        return lanes.computeIfAbsent(lane, any -> new ConcurrentHashMap<>());
    }
}
