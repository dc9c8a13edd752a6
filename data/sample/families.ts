/**
 * Where every metric of the sample set belongs: families of main metrics (the part of a metric name before "/"), and
 * groups of families that are close. Families of one group share a third of their topic words.
 */
export const FAMILY_GROUPS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  attacks: {
    robustness: ["robustness", "robustness_against_adversarial_attacks"],
    jailbreak: ["jailbreak"],
  },
  harm: {
    harmful_inputs: ["detection_of_harmful_inputs"],
    misuse: ["misuse"],
  },
  abuse: {
    toxicity: ["toxicity_level"],
    content_filter: ["efficacy_to_content_filtering", "inappropriate_content_detection_rate"],
  },
  equity: {
    bias: ["bias_detection", "bias_assessment", "fairness"],
    inclusion: ["inclusivity", "cultural_sensitivity"],
  },
  privacy: {
    leakage: ["privacy_leakage"],
    protection: [
      "data_confidentiality",
      "data_minimization",
      "data_retention_policy_adherence",
      "compliance_with_privacy_regulations",
    ],
    anonymization: ["data__anonymization", "anonymization_techniques"],
    governance: ["data_integrity", "data_integrity_checks", "data_quality_assessment", "data_governance_policies"],
  },
  evidence: {
    truthfulness: ["truthfulness", "hallucination_rate", "accuracy"],
    confidence: ["confidence_agreement"],
    explanation: ["transparency", "explainability"],
  },
  conversation: {
    topic_drift: ["topic_drift_rate"],
    coherence: ["dialogue_coherence"],
    logic_flow: ["logical_flow_and_discourse_structure"],
  },
  craft: {
    grammar: ["grammatical_correctness_rate", "fluency_score"],
    lexical: ["lexical_diversity"],
    indian_fluency: ["fluency_in_indian_languages"],
  },
  languages: {
    multilingual: ["language_coverage", "ability_to_handle_multiple_indian_languages_in_one_context"],
    transliteration: ["transliterated_language_handling"],
    regional: ["accuracy_per_language", "ner_performance_for_the_relevant_entities"],
  },
  request: {
    relevance: ["relevance_and_information"],
    intent: ["intent_recognition"],
    scope: ["response_out_of_scope"],
    task: ["task_completion_rate", "average_interaction_length"],
  },
  limits: {
    refusal: ["rejection_rate", "exaggerated_safety"],
    awareness: ["awareness_query"],
  },
};
