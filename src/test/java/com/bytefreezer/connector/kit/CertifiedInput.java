package com.bytefreezer.connector.kit;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.Main;
import com.bytefreezer.connector.testing.ParquetRows;
import com.bytefreezer.connector.testing.TestTools;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** For tests that have the server of an input; CertifyInputIT shows all faults. */
public final class CertifiedInput {
    private static final Path ROUTES = TestTools.projectDirectory().resolve("routes");

    private CertifiedInput() {}

    /**
     * Shows that the input keeps its promise while the lake is away, with events that it sends to its server itself.
     *
     * @param which its name or its file
     * @param feed how its server is reached
     * @return a column of what is in the lake then
     */
    public static List<String> shows(String which, Map<String, String> feed, String column) throws Exception {
        try (InputRoute route = InputRoute.find(ROUTES, which)) {
            InputCaseFile file = route.cases();
            Map<String, String> all = new TreeMap<>(file.certifiedFeed());
            all.putAll(feed);
            route.describe(all);
            Program none = new Program(Main.class, List.of(), List.of());
            try (InputTrial trial = new InputTrial(InputFault.LAKE_AWAY, none, route, Map.of(), file.sending())) {
                trial.suffer();
                InputCertification.Result result = trial.result();
                assertThat(result.happened()).isEmpty();
                assertThat(result.packed()).isEqualTo(300);
                assertThat(result.holds()).isTrue();
                return ParquetRows.of(trial.lake(), "SELECT DISTINCT %s FROM one".formatted(column));
            }
        }
    }
}
