package com.bytefreezer.connector.destination;

import com.bytefreezer.connector.config.Destination;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Check;
import com.bytefreezer.connector.delivery.RecordSample;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.PlainText;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether a destination works and accepts the login, without writing anything: by the route {@code check-<name>}
 * of its file, or otherwise only the connection to its address. Used once.
 */
public final class DestinationCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Settings settings;
    private final CamelContext camel;

    /**
     * @param settings contain the destination's settings
     * @param camel for certificates
     */
    public DestinationCheck(Settings settings, CamelContext camel) {
        this.settings = settings;
        this.camel = camel;
    }

    /** Whether it can be checked at all. */
    public static boolean isPossible(Destination destination) {
        return destination.hasCheck() || UrlCheck.fits(destination);
    }

    /**
     * Checks it.
     *
     * @param sample of the query whose records it would get; null for the destination alone
     */
    public Check check(Destination destination, @Nullable RecordSample sample) {
        try {
            if (destination.hasCheck()) {
                return byRoute(destination, sample);
            }
            return isPossible(destination)
                    ? new UrlCheck(settings, destination, camel).check()
                    : Check.unknown("Only a record can show whether it works. Send the test record.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed("the check was interrupted");
        } catch (TimeoutException e) {
            return failed("no answer within %d s".formatted(PATIENCE.toSeconds()));
        } catch (ConnectorException e) {
            return failed(e.saying(""));
        } catch (Exception e) {
            return failed(Failures.describe(e));
        }
    }

    private static Check failed(String what) {
        return Check.failed(
                what.endsWith(".") ? what : what + ". Check the address, the network and the certificates.");
    }

    private Check byRoute(Destination destination, @Nullable RecordSample sample) throws Exception {
        return SideRoute.ask(
                settings,
                RouteFiles.CHECK,
                destination.kind(),
                exchange -> exchange.setVariable("sample", sample),
                PATIENCE,
                answer -> answer.getBody() instanceof Check check
                        ? check
                        : Check.ok(PlainText.answer(answer.getBody(String.class))));
    }
}
