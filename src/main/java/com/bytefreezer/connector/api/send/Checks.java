package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.config.Destination;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Check;
import com.bytefreezer.connector.destination.UrlCheck;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.PlainText;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.apache.camel.CamelContext;

/**
 * Checks whether a destination works and accepts the login, without writing anything: by the route {@code check-<name>}
 * of its file, or otherwise only the connection to its address. Used once.
 */
final class Checks {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Settings settings;
    private final CamelContext camel;

    /**
     * @param settings contain the destination's settings
     * @param camel the page's Camel
     */
    Checks(Settings settings, CamelContext camel) {
        this.settings = settings;
        this.camel = camel;
    }

    /** Whether it can be checked at all. */
    static boolean canCheck(Destination destination) {
        return destination.hasCheck() || UrlCheck.fits(destination);
    }

    Check check(Destination destination) {
        try {
            if (destination.hasCheck()) {
                return byRoute(destination);
            }
            return canCheck(destination)
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

    private Check byRoute(Destination destination) throws Exception {
        return SideRoute.ask(
                settings,
                RouteFiles.CHECK,
                destination.kind(),
                null,
                PATIENCE,
                answer -> answer.getBody() instanceof Check check
                        ? check
                        : Check.ok(PlainText.answer(answer.getBody(String.class))));
    }
}
