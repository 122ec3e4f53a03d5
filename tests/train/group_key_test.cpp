// Which experiments may train side by side.
#include <gtest/gtest.h>

#include "runner/train/side_by_side.h"
#include "tests/store/temp_folder.h"
#include "tests/train/run_folders.h"

namespace thaw {
namespace {

const char* const kFrozen = "transfer={ rules { rule { match: 'conv2d' trainable: false } } }";

std::string key_of(std::vector<std::string> overrides) {
  overrides.insert(overrides.begin(), kFrozen);
  return group_key(prepare_tiny(overrides));
}

TEST(GroupKey, IsTheSameWhateverTheHeadAndItsTrainingAre) {
  const std::string key = key_of({});
  EXPECT_EQ(key.size(), 64u);
  for (const char* const change :
       {"name='other'", "train.epochs=9", "model.layer[features].dense.units=8", "train.optimizer={ sgd {} }",
        "train.loss[0].weight=3", "train.early_stopping={ patience: 1 }", "train.class_weight={ balanced {} }",
        "report.samples=1", "data.loader_threads=3", "train.gradient_clipping.value=1",
        "model.layer[average_pooling2d].name='means'", "metric[0].accuracy={}"}) {
    EXPECT_EQ(key_of({change}), key) << change;
  }
}

TEST(GroupKey, DiffersWhereBatchesOrTheTrunkDo) {
  const std::string key = key_of({});
  std::set<std::string> keys{key};
  const std::vector<std::string> changes{"seed=2",
                                         "train.batch_size=8",
                                         "data.train.shuffle=false",
                                         "data.train.synthesis.samples=77",
                                         "data.train.synthesis.noise=0.1",
                                         "data.validation.synthesis.samples=21",
                                         "data.train.augmentation={ random_brightness {} }",
                                         "data.train.variants=2",
                                         "compute.threads=1",
                                         "transfer.trunk.cache=false",
                                         "model.layer[conv2d].conv2d.filters=8",
                                         "model.layer[conv2d].conv2d.activation=TANH",
                                         "model.layer[average_pooling2d].average_pooling2d.pool_size=4"};
  for (const std::string& change : changes) EXPECT_TRUE(keys.insert(key_of({change})).second) << change;
}

TEST(GroupKey, IsNoneWithoutATrunkThatStays) {
  EXPECT_EQ(group_key(prepare_tiny({})), "");
  EXPECT_EQ(group_key(prepare_tiny({"transfer={ rules { rule { match: 'features' trainable: false } } }"})), "");
  EXPECT_EQ(group_key(prepare_tiny({"transfer={ rules { rule { match: 'conv2d' trainable: false } stage { at_epoch: 2 "
                                    "rule { match: '*' trainable: true } } } }"})),
            "");
}

}  // namespace
}  // namespace thaw
