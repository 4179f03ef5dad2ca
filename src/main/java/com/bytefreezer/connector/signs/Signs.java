package com.bytefreezer.connector.signs;

import com.bytefreezer.connector.config.Lane;
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
    private final ConcurrentMap<Lane, Map<Neighbour, Sign>> lanes = new ConcurrentHashMap<>();
    /** Of the neighbours that all lanes share. */
    private final Map<Neighbour, Sign> shared = new ConcurrentHashMap<>();

    private volatile Consumer<Lane> listener = lane -> {};

    /** From now on, the listener learns at once which lane {@link #retries}. */
    public void listen(Consumer<Lane> listener) {
        this.listener = listener;
    }

    /** A neighbour of {@code lane} has just failed. */
    public void failed(Lane lane, Neighbour neighbour, String why) {
        failed(lane, neighbour, why, System.nanoTime());
    }

    /**
     * As above, with an earlier start.
     *
     * @param since by {@link System#nanoTime}
     */
    public void failed(Lane lane, Neighbour neighbour, String why, long since) {
        sign(signs(lane), neighbour).failed(since, phrase(why), true);
    }

    /** As {@link #failed}, with a retry within the same run. */
    public void retries(Lane lane, Neighbour neighbour, String why) {
        if (sign(signs(lane), neighbour).failed(System.nanoTime(), phrase(why), true)) {
            listener.accept(lane);
        }
    }

    /**
     * A neighbour that all lanes share has failed.
     *
     * @param stand whether they stop without it
     */
    public void failed(Neighbour neighbour, String why, boolean stand) {
        sign(shared, neighbour).failed(System.nanoTime(), phrase(why), stand);
    }

    /** A neighbour of {@code lane} answers but accepts nothing; this becomes a sign if it continues. */
    public void refused(Lane lane, Neighbour neighbour, String why) {
        sign(signs(lane), neighbour).refused(phrase(why));
    }

    /** A neighbour of {@code lane} has succeeded. */
    public void works(Lane lane, Neighbour neighbour) {
        sign(signs(lane), neighbour).works();
    }

    /** A neighbour that all lanes share has succeeded. */
    public void works(Neighbour neighbour) {
        sign(shared, neighbour).works();
    }

    /** All of the lane's own neighbours work. */
    public void work(Lane lane) {
        signs(lane).values().forEach(Sign::works);
    }

    /** The lane no longer exists. */
    public void forget(Lane lane) {
        lanes.remove(lane);
    }

    /** A call starts; {@link #end} always follows. */
    public void begin(Lane lane, Neighbour neighbour, Object call) {
        sign(signs(lane), neighbour).begin(call);
    }

    /** A call has ended. */
    public void end(Lane lane, Neighbour neighbour, Object call) {
        sign(signs(lane), neighbour).end(call);
    }

    /** As above, for a neighbour that all lanes share. */
    public void begin(Neighbour neighbour, Object call) {
        sign(shared, neighbour).begin(call);
    }

    /** As above, for a neighbour that all lanes share. */
    public void end(Neighbour neighbour, Object call) {
        sign(shared, neighbour).end(call);
    }

    /** What a lane has waited for longest, whether its own neighbour or a shared one; empty if it works. */
    public Optional<Retrying> of(Lane lane) {
        return Stream.concat(own(lane).stream(), shared().stream())
                .max(Comparator.comparing(Retrying::stands).thenComparing(Retrying::lasting));
    }

    /** What only this lane waits for. */
    public Optional<Retrying> own(Lane lane) {
        return look(lanes.getOrDefault(lane, Map.of()), lane.destination());
    }

    /** What all lanes wait for. */
    public Optional<Retrying> shared() {
        return look(shared, "");
    }

    private Optional<Retrying> look(Map<Neighbour, Sign> signs, String destination) {
        long now = System.nanoTime();
        return Arrays.stream(Neighbour.values())
                .map(neighbour -> {
                    Sign sign = signs.get(neighbour);
                    return sign == null
                            ? null
                            : sign.look(now, subject(neighbour, destination)).orElse(null);
                })
                .filter(Objects::nonNull)
                .max(Comparator.comparing(Retrying::stands).thenComparing(Retrying::lasting));
    }

    private static String phrase(String why) {
        return PlainText.withoutStop(PlainText.line(why));
    }

    private static String subject(Neighbour neighbour, String destination) {
        return switch (neighbour) {
            case DESTINATION -> destination;
            case CONTROL -> "control plane";
            case LAKE, CURSOR, DISK -> neighbour.name().toLowerCase(Locale.ROOT);
        };
    }

    private static Sign sign(Map<Neighbour, Sign> signs, Neighbour neighbour) {
        return signs.computeIfAbsent(neighbour, Sign::new);
    }

    private Map<Neighbour, Sign> signs(Lane lane) {
        return lanes.computeIfAbsent(lane, any -> new ConcurrentHashMap<>());
    }
}
