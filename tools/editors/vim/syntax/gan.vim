" Colours of .gan files. The lists of words are those of the compiler's tables, which tests/driver/editors.py holds.
if exists("b:current_syntax")
  finish
endif
setlocal commentstring=#\ %s

syn keyword ganKeyword average batch choose const data decoder discriminator encoder epochs frozen global init latent let maximize metric minimize model qhead refine step train
syn keyword ganLayer add attention avg_pool batch_norm channel_dropout codebook concat conv conv_transpose crop dropout elu embedding flatten gain gelu global_avg_pool global_max_pool group_norm hard_sigmoid hard_tanh instance_norm layer_norm leaky_relu linear max_pool maxout minibatch_stddev mish multiply pad pixel_shuffle positions prelu relu reshape selu sigmoid silu slice softmax softplus take tanh upsample
syn keyword ganFunction abs batch_mean clamp correct distances entropy exp expectation grad kl kl_each log log_mean_exp log_mixture log_mixture_each log_prob max mean min norm pairwise perplexity sample shuffle sigmoid softplus sqrt square stop sum tanh
syn keyword ganOptimizer adagrad adam adamw rmsprop sgd
syn keyword ganWord accumulate after bernoulli by categorical clip_grad clip_weight cos cosine cyclic decay else epoch every floor freedom fresh from gaussian image in laplace log_variance logistic mod negative_binomial next normal of over per pixels plateau poisson ramp seed steps student_t times uniform variance vector warm_up when with
syn match ganBlock "\<[A-Z]\w*\>"
syn match ganLabel "\<[a-z_]\w*\ze:"
syn match ganNumber "\<\d\+\(\.\d\+\)\?\([eE][+-]\?\d\+\)\?\>"
syn region ganString start=+"+ end=+"+ oneline
syn match ganComment "#.*$" contains=@Spell

hi def link ganKeyword Keyword
hi def link ganLayer Function
hi def link ganFunction Function
hi def link ganOptimizer Type
hi def link ganWord Type
hi def link ganBlock Identifier
hi def link ganLabel Label
hi def link ganNumber Number
hi def link ganString String
hi def link ganComment Comment
let b:current_syntax = "gan"
