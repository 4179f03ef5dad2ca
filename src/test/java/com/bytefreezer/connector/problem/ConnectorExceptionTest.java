package com.bytefreezer.connector.problem;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConnectorExceptionTest {
    private final ConnectorException wrong =
            new ConnectorException("SQL: no.", Problem.NOTHING_EXPORTED, "Select from events.", null);

    @Test
    void theEffectIsSaidByWhoKnowsIt() {
        assertThat(wrong).hasMessage("SQL: no. Nothing was exported. Select from events.");
        assertThat(wrong.saying("")).isEqualTo("SQL: no. Select from events.");
        assertThat(wrong.of("webhook, export a", "The rest stays."))
                .hasMessage("webhook, export a: SQL: no. The rest stays. Select from events.");
        assertThat(wrong.of("webhook, export a", "The rest stays.").saying("webhook", "Not sent."))
                .isEqualTo("webhook: SQL: no. Not sent. Select from events.");
    }

    @Test
    void anAnswerWithoutAFullStopGetsOne() {
        assertThat(new ConnectorException("503 from a — no", "The rest stays.", "", null))
                .hasMessage("503 from a — no. The rest stays.");
        assertThat(new ConnectorException("503 from a — no", "", "", null)).hasMessage("503 from a — no");
    }

    @Test
    void aLineThatHasNoEffectStaysAsItIs() {
        assertThat(new ConnectorException("a line. It goes on.").saying("", "Not sent."))
                .isEqualTo("a line. It goes on.");
    }
}
